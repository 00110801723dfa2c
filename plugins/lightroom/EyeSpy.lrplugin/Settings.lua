-- The plug-in's part of File > Plug-in Manager.

local LrDialogs = import "LrDialogs"
local LrView = import "LrView"

local Preferences = require "Preferences"

local bind = LrView.bind

local COLOURS = {
  { title = "No label", value = "none" },
  { title = "Red", value = "red" },
  { title = "Yellow", value = "yellow" },
  { title = "Green", value = "green" },
  { title = "Blue", value = "blue" },
  { title = "Purple", value = "purple" },
}

local function row(f, title, control)
  return f:row { f:static_text { title = title, width = LrView.share "eyespy_titles" }, control }
end

local function choose(prefs)
  local chosen = LrDialogs.runOpenPanel {
    title = "The folder of Eye Spy, with “.venv” in it",
    canChooseFiles = false,
    canChooseDirectories = true,
    allowsMultipleSelection = false,
  }
  if chosen and chosen[1] then
    prefs.folder = chosen[1]
  end
end

local function sections(f, _)
  local prefs = Preferences.read()
  local folder = f:row {
    f:edit_field { value = bind "folder", width_in_chars = 40 },
    f:push_button { title = "Choose…", action = function() choose(prefs) end },
  }
  return {
    {
      title = "Eye Spy",
      bind_to_object = prefs,
      row(f, "Folder of Eye Spy:", folder),
      row(f, "It may read photos in:", f:edit_field { value = bind "roots", width_in_chars = 40 }),
      f:static_text { title = "Folders, with “:” between them on a Mac; empty: your picture folder." },
      row(f, "Blinks get:", f:popup_menu { value = bind "blink", items = COLOURS }),
      row(f, "What it can't tell gets:", f:popup_menu { value = bind "cant_tell", items = COLOURS }),
      row(f, "Keepers get:", f:popup_menu { value = bind "keep", items = COLOURS }),
      f:checkbox { title = "Flag blinks as rejected", value = bind "reject" },
      f:checkbox { title = "Flag keepers as picked", value = bind "pick" },
      f:checkbox { title = "Replace colour labels that you have given yourself", value = bind "overwrite" },
    },
  }
end

return { sectionsForTopOfDialog = sections }
