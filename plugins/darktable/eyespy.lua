--[[
Eye Spy for darktable 4.2 (Lua interface 9): the selected images through the workbench, colour labels back.

Install: one line in ~/.config/darktable/luarc, with the folder in which Eye Spy lies:

    dofile("/home/ana/eye-spy/plugins/darktable/eyespy.lua")

Then select images in the lighttable and press “find shut eyes” in the module “actions on selection”, or give it a
shortcut. Nothing is deleted; darktable itself writes the labels into its sidecars where it is set to.
]]

local dt = require "darktable"

local NAME, TITLE = "eyespy", "Eye Spy"
local ALLOW = "Name the folder of your shoots in preferences > Lua options: “folders it may read”."
local WINDOWS = dt.configuration.running_os == "windows"
local HERE = debug.getinfo(1, "S").source:match("^@(.*)[/\\][^/\\]*$") or "."

-- Both plug-ins share what is no editor's: the command line, and the reading of its answer.
local function shared(name)
  return dofile(HERE .. "/../lightroom/EyeSpy.lrplugin/" .. name .. ".lua")
end

local Command, Verdicts = shared "Command", shared "Verdicts"

local function register(name, kind, label, about, ...)
  dt.preferences.register(NAME, name, kind, "Eye Spy: " .. label, about, ...)
end

local COLOURS = { "red", "yellow", "green", "blue", "purple", "none" }

register("folder", "string", "folder of the workbench", "It has “.venv” in it; empty: where this script lies", "")
register("roots", "string", "folders it may read", "Separated by “:”; empty: your picture folder", "")
register("blink", "enum", "blinks get", "A colour label", "red", table.unpack(COLOURS))
register("cant_tell", "enum", "what it can't tell gets", "A colour label", "yellow", table.unpack(COLOURS))
register("keep", "enum", "keepers get", "A colour label", "none", table.unpack(COLOURS))
register("reject", "bool", "reject blinks", "Rejecting takes their stars away, if they have any", false)

local function preferred(name, kind)
  return dt.preferences.read(NAME, name, kind)
end

local function wishes()
  local folder = preferred("folder", "string")
  return {
    folder = folder ~= "" and folder or HERE .. "/../..",
    roots = preferred("roots", "string"),
    blink = preferred("blink", "enum"),
    cant_tell = preferred("cant_tell", "enum"),
    keep = preferred("keep", "enum"),
    reject = preferred("reject", "bool"),
    overwrite = true, -- an image may have several colours: one more takes none away
  }
end

local function path_of(image)
  return image.path .. (WINDOWS and "\\" or "/") .. image.filename
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then
    return ""
  end
  local text = file:read("a")
  file:close()
  os.remove(path)
  return text
end

-- Runs the workbench over the paths; gives its exit status, what it printed and what it complained of.
local function run(wish, paths)
  local base = os.tmpname()
  local ask = { folder = wish.folder, roots = wish.roots, windows = WINDOWS }
  ask.list, ask.out, ask.err = base, base .. ".out", base .. ".err"
  local file = assert(io.open(ask.list, "wb"))
  file:write(Verdicts.list(paths))
  file:close()
  local made, command = pcall(Command.screen, ask)
  local status = made and Command.status(dt.control.execute(command)) or 1
  os.remove(ask.list)
  return status, read(ask.out), made and read(ask.err) or command
end

local function set(image, change)
  if change.label then
    image[change.label] = true
  end
  if change.reject then
    image.rating = -1
  end
end

-- Puts the verdicts on the images; gives the tally.
local function apply(images, verdicts, wish)
  local tally = Verdicts.tally()
  for _, image in ipairs(images) do
    local verdict = verdicts[path_of(image)]
    local counted = verdict and verdict.group or "unanswered"
    tally[counted] = tally[counted] + 1
    local change = verdict and Verdicts.change(verdict.group, {}, wish)
    if change then
      set(image, change)
    end
  end
  return tally
end

local function tell(text)
  dt.print(TITLE .. ": " .. text)
  dt.print_log(TITLE .. ": " .. text)
  return text
end

-- Screens the images and labels them; gives the sentence that is shown.
local function screen(images)
  if #images == 0 then
    return tell "Select the images of a session first."
  end
  local wish, paths = wishes(), {}
  for _, image in ipairs(images) do
    paths[#paths + 1] = path_of(image)
  end
  local job = dt.gui.create_job("Eye Spy looks at " .. #images .. " images", false)
  dt.print("Eye Spy looks at " .. #images .. " images …")
  local status, said, complained = run(wish, paths)
  job.valid = false
  local why = Verdicts.problem(complained) .. (Verdicts.outside(complained) and "\n" .. ALLOW or "")
  if not Command.answered(status) then
    return tell(why)
  end
  local told = Verdicts.told(apply(images, Verdicts.parse(said), wish))
  return tell(status == 3 and told .. "\n" .. why or told)
end

dt.gui.libs.image.register_action(NAME, "find shut eyes", function(_, images)
  screen(images)
end, "colours the selected images whose eyes are shut; Eye Spy looks at them on this computer")

dt.register_event(NAME, "shortcut", function()
  screen(dt.gui.action_images)
end, "Eye Spy: find shut eyes")

return { screen = screen }
