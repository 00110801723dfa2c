-- What the photographer set in the Plug-in Manager, and what stands until then.

local LrPathUtils = import "LrPathUtils"
local LrPrefs = import "LrPrefs"

local Preferences = {}

-- The workbench's folder as long as the plug-in lies in it, at plugins/lightroom/EyeSpy.lrplugin.
local function around()
  return LrPathUtils.parent(LrPathUtils.parent(LrPathUtils.parent(_PLUGIN.path)))
end

-- The plug-in's preferences, each with a value.
function Preferences.read()
  local prefs = LrPrefs.prefsForPlugin()
  local usual = {
    folder = around(),
    roots = "",
    blink = "red",
    cant_tell = "yellow",
    keep = "none",
    reject = false,
    pick = false,
    overwrite = false,
  }
  for name, value in pairs(usual) do
    if prefs[name] == nil then
      prefs[name] = value
    end
  end
  return prefs
end

return Preferences
