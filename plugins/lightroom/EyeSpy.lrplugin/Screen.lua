-- Library > Plug-in Extras > Find shut eyes: the selected photos through the workbench, labels and flags back.
-- Nothing is deleted and no file is written: what is set stands in Lightroom's catalogue, as one step to undo.

local LrApplication = import "LrApplication"
local LrDialogs = import "LrDialogs"
local LrFileUtils = import "LrFileUtils"
local LrFunctionContext = import "LrFunctionContext"
local LrPathUtils = import "LrPathUtils"
local LrProgressScope = import "LrProgressScope"
local LrTasks = import "LrTasks"

local Command = require "Command"
local Preferences = require "Preferences"
local Verdicts = require "Verdicts"

local TITLE, GIVEN = "Eye Spy", "givenLabel"
local ALLOW = "Name the folder of your shoots in File > Plug-in Manager > Eye Spy: “It may read photos in”."
local WINDOWS = WIN_ENV == true

-- The selected photos, in their order, with what is known of each; videos have no verdict.
local function selected(catalog)
  local targets, photos = catalog:getTargetPhotos(), {}
  local about = catalog:batchGetRawMetadata(targets, { "path", "isVideo", "colorNameForLabel" })
  local shown = catalog:batchGetFormattedMetadata(targets, { "label" })
  for _, photo in ipairs(targets) do
    local one = about[photo]
    if one and one.path and not one.isVideo then
      photos[#photos + 1] = photo
      local words = shown[photo] and shown[photo].label
      one.label = { colour = one.colorNameForLabel, words = words, given = photo:getPropertyForPlugin(_PLUGIN, GIVEN) }
    end
  end
  return photos, about
end

local function temporary(ending)
  local folder = LrPathUtils.getStandardFilePath "temp"
  return LrFileUtils.chooseUniqueFileName(LrPathUtils.child(folder, "eyespy-" .. ending))
end

local function write(path, text)
  local file, reason = io.open(path, "wb")
  if not file then
    error("The list of photos cannot be written: " .. tostring(reason), 0)
  end
  file:write(text)
  file:close()
end

local function read(path)
  return LrFileUtils.exists(path) and LrFileUtils.readFile(path) or ""
end

-- Runs the workbench over the paths; gives its exit status, what it printed and what it complained of.
local function run(prefs, paths)
  local list, out, err = temporary "list.txt", temporary "out.txt", temporary "err.txt"
  write(list, Verdicts.list(paths))
  local ask = { folder = prefs.folder, roots = prefs.roots, list = list, out = out, err = err, windows = WINDOWS }
  local made, command = pcall(Command.screen, ask)
  local status = made and Command.status(LrTasks.execute(command)) or 1
  local said, complained = read(out), made and read(err) or command
  for _, path in ipairs { list, out, err } do
    if LrFileUtils.exists(path) then
      LrFileUtils.delete(path)
    end
  end
  return status, said, complained
end

local function set(photo, change)
  if change.label then
    photo:setRawMetadata("colorNameForLabel", change.label)
    photo:setPropertyForPlugin(_PLUGIN, GIVEN, change.label)
  end
  if change.reject or change.pick then
    photo:setRawMetadata("pickStatus", change.reject and -1 or 1)
  end
end

-- Puts the verdicts into the catalogue in one step; gives the tally.
local function apply(catalog, photos, about, verdicts, prefs)
  local tally, changes = Verdicts.tally(), {}
  for _, photo in ipairs(photos) do
    local verdict = verdicts[about[photo].path]
    local counted = verdict and verdict.group or "unanswered"
    tally[counted] = tally[counted] + 1
    local change = verdict and Verdicts.change(verdict.group, about[photo].label, prefs)
    if change then
      tally.left = tally.left + (change.left and 1 or 0)
      changes[photo] = change
    end
  end
  if next(changes) then
    local done = catalog:withWriteAccessDo("Eye Spy: find shut eyes", function()
      for photo, change in pairs(changes) do
        set(photo, change)
      end
    end, { timeout = 30 })
    if done == "aborted" then
      error("Lightroom was busy, so no label was set. Try again.", 0)
    end
  end
  return tally
end

local function screen(context)
  LrDialogs.attachErrorDialogToFunctionContext(context)
  local prefs, catalog = Preferences.read(), LrApplication.activeCatalog()
  local photos, about = selected(catalog)
  if #photos == 0 then
    LrDialogs.message(TITLE, "Select the photos of a session first.", "info")
    return
  end
  if not LrFileUtils.exists(Command.python(prefs.folder, WINDOWS)) then
    local cure = "Run “make setup” there once, or choose its folder in File > Plug-in Manager."
    LrDialogs.message(TITLE, "Eye Spy is not set up in “" .. prefs.folder .. "”. " .. cure, "critical")
    return
  end
  local progress = LrProgressScope { title = "Eye Spy looks at " .. #photos .. " photos", functionContext = context }
  progress:setIndeterminate()
  local paths = {}
  for _, photo in ipairs(photos) do
    paths[#paths + 1] = about[photo].path
  end
  local status, said, complained = run(prefs, paths)
  if progress:isCanceled() then
    return -- what was found is kept by the workbench: asked again, it answers at once
  end
  local cure = Verdicts.outside(complained) and "\n\n" .. ALLOW or ""
  if not Command.answered(status) then
    LrDialogs.message(TITLE, Verdicts.problem(complained) .. cure, "critical")
    return
  end
  local tally = apply(catalog, photos, about, Verdicts.parse(said), prefs)
  progress:done()
  local why = status == 3 and "\n\n" .. Verdicts.problem(complained) .. cure or ""
  LrDialogs.message(TITLE, Verdicts.told(tally) .. why, status == 3 and "warning" or "info")
end

LrFunctionContext.postAsyncTaskWithContext("Eye Spy", screen)
