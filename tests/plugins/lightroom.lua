-- Drives the Lightroom plug-in with the stand-ins of `sdk`: lua5.1 lightroom.lua PLUGIN SCENARIO
-- A scenario is a Lua file that returns { photos =, prefs =, busy =, cancels = }. What happened is printed, a line each,
-- its fields with tabs between.

local here = arg[0]:match("^(.*)/[^/]*$")
local plugin, scenario = arg[1], dofile(arg[2])

local modules = {}
function import(name)
  modules[name] = modules[name] or dofile(here .. "/sdk/" .. name .. ".lua")
  return modules[name]
end

_PLUGIN = { path = plugin }
MAC_ENV, WIN_ENV = true, false
package.path = plugin .. "/?.lua"

local catalog = import("LrApplication").activeCatalog()
local dialogs, progress = import "LrDialogs", import "LrProgressScope"
local _ = import "LrTasks", import "LrFunctionContext"
for _, photo in ipairs(scenario.photos) do
  catalog.add(photo)
end
for name, value in pairs(scenario.prefs or {}) do
  import("LrPrefs").prefsForPlugin()[name] = value
end
catalog.busy, progress.cancels = scenario.busy, scenario.cancels

-- What Lightroom's own Lua does not have, and a plug-in that leaves globals behind, are found here.
os.execute, io.popen, debug = nil, nil, nil
setmetatable(_G, {
  __newindex = function(_, name)
    error("a global: " .. tostring(name), 2)
  end,
})

local function say(...)
  print(table.concat({ ... }, "\t"))
end

local function shown(text)
  return (tostring(text):gsub("\n", " | "))
end

local info = dofile(plugin .. "/Info.lua")
dofile(plugin .. "/" .. info.LrLibraryMenuItems[1].file)

for _, photo in ipairs(catalog.photos) do
  say("photo", photo.path, tostring(photo.colorNameForLabel), tostring(photo.pickStatus))
  say("given", tostring(photo.givenLabel))
end
for _, dialog in ipairs(dialogs.shown) do
  say("dialog", dialog.style, shown(dialog.text))
end
for _, step in ipairs(catalog.steps) do
  say("step", step)
end
if progress.last then
  say("progress", progress.last.title, tostring(progress.last.ended))
end

-- The settings: every control is bound to a preference that has a value.
local f = setmetatable({}, {
  __index = function(_, kind)
    return function(_, view)
      view.kind = kind
      return view
    end
  end,
})
local settings = dofile(plugin .. "/" .. info.LrPluginInfoProvider)
local function walk(view, prefs)
  for _, part in pairs(view) do
    if type(part) == "table" and part.bound then
      say("setting", part.bound, tostring(prefs[part.bound]))
    elseif type(part) == "table" and part ~= prefs then
      walk(part, prefs)
    end
  end
end
for _, section in ipairs(settings.sectionsForTopOfDialog(f, {})) do
  walk(section, section.bind_to_object)
end
