-- Drives the darktable plug-in inside darktable itself: EYESPY_PLUGIN, EYESPY_SHOOT (a folder), EYESPY_HOME (of the
-- workbench), EYESPY_MAY_READ, EYESPY_REJECT; what happened goes to EYESPY_TOLD, a line each, with tabs between.

local dt = require "darktable"

local out = assert(io.open(os.getenv "EYESPY_TOLD", "w"))
local function say(...)
  out:write(table.concat({ ... }, "\t"), "\n")
end

local function colours(image)
  local found = {}
  for _, name in ipairs { "red", "yellow", "green", "blue", "purple" } do
    if image[name] then
      found[#found + 1] = name
    end
  end
  return table.concat(found, " ")
end

local function act()
  local plugin = dofile(os.getenv "EYESPY_PLUGIN")
  dt.preferences.write("eyespy", "folder", "string", os.getenv "EYESPY_HOME")
  dt.preferences.write("eyespy", "roots", "string", os.getenv "EYESPY_MAY_READ")
  dt.preferences.write("eyespy", "reject", "bool", os.getenv "EYESPY_REJECT" == "1")
  dt.database.import(os.getenv "EYESPY_SHOOT")
  local images, waited = {}, 0
  while #dt.database < 4 and waited < 600 do
    dt.control.sleep(50)
    waited = waited + 1
  end
  for number = 1, #dt.database do
    images[number] = dt.database[number]
    images[number].rating = 2
  end
  images[1].blue = true
  dt.gui.selection(images)
  say("version", dt.configuration.version)
  say("told", (plugin.screen(dt.gui.action_images):gsub("\n", " | ")))
  for _, image in ipairs(images) do
    say("image", image.filename, colours(image), tostring(image.rating))
  end
  say("nothing", plugin.screen {})
end

local done, problem = pcall(act)
if not done then
  say("problem", tostring(problem))
end
out:close()
