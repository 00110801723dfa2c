BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE files (
	id INTEGER NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	photo_id VARCHAR(32), 
	file_hash VARCHAR(64), 
	size BIGINT, 
	modified_ns BIGINT, 
	group_name TEXT, 
	problem TEXT, 
	note TEXT, 
	PRIMARY KEY (id), 
	CONSTRAINT files_once UNIQUE (session_id, name), 
	FOREIGN KEY(session_id) REFERENCES sessions (id), 
	FOREIGN KEY(photo_id) REFERENCES photos (id)
);
INSERT INTO "files" VALUES(1,'11111111111111111111111111111111','IMG_0001.jpg','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "files" VALUES(2,'11111111111111111111111111111111','IMG_0002.jpg','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE labels (
	id INTEGER NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	fault VARCHAR(32) NOT NULL, 
	value VARCHAR(32), 
	origin VARCHAR(32) NOT NULL, 
	queue TEXT, 
	labeller TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	undoes INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(photo_id) REFERENCES photos (id), 
	FOREIGN KEY(undoes) REFERENCES labels (id)
);
INSERT INTO "labels" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','blink','BLINKING','typed',NULL,'Ana','2026-11-20 10:00:00.000000',NULL);
INSERT INTO "labels" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','blink','BLINKING','typed',NULL,'Ana','2026-11-20 10:00:01.000000',NULL);
INSERT INTO "labels" VALUES(3,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','blink',NULL,'typed',NULL,'Ana','2026-11-20 10:00:02.000000',2);
INSERT INTO "labels" VALUES(4,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','blink','NON_BLINKING','typed',NULL,'Ana','2026-11-20 10:00:03.000000',NULL);
CREATE TABLE photos (
	id VARCHAR(32) NOT NULL, 
	captured_at DATETIME, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	faces INTEGER, 
	PRIMARY KEY (id)
);
INSERT INTO "photos" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',NULL,6000,4000,1);
INSERT INTO "photos" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',NULL,6000,4000,1);
CREATE TABLE predictions (
	photo_id VARCHAR(32) NOT NULL, 
	fault VARCHAR(32) NOT NULL, 
	model VARCHAR(64) NOT NULL, 
	probability FLOAT, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (photo_id, fault, model), 
	FOREIGN KEY(photo_id) REFERENCES photos (id)
);
CREATE TABLE screenings (
	id VARCHAR(32) NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	fault VARCHAR(32) NOT NULL, 
	model VARCHAR(64) NOT NULL, 
	threshold FLOAT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id)
);
CREATE TABLE sessions (
	id VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	copied BOOLEAN NOT NULL, 
	subject TEXT, 
	age_group TEXT, 
	gender TEXT, 
	race TEXT, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "sessions" VALUES('11111111111111111111111111111111','2026-11-20 Ana','/nowhere/Ana','session',0,NULL,NULL,NULL,NULL,'2026-11-20 10:00:00.000000');
CREATE TABLE splits (
	group_key VARCHAR(64) NOT NULL, 
	side VARCHAR(16) NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (group_key)
);
CREATE TABLE verdicts (
	screening_id VARCHAR(32) NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	"group" VARCHAR(16) NOT NULL, 
	probability FLOAT, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (screening_id, photo_id), 
	FOREIGN KEY(screening_id) REFERENCES screenings (id), 
	FOREIGN KEY(photo_id) REFERENCES photos (id)
);
CREATE INDEX ix_files_photo_id ON files (photo_id);
CREATE INDEX ix_screenings_session_id ON screenings (session_id);
COMMIT;
