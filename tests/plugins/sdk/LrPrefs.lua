local prefs = {}

return {
  prefsForPlugin = function()
    return prefs
  end,
}
