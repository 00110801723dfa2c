-- What Lightroom Classic reads first: who the plug-in is, and where it stands in the menus.

return {
  LrSdkVersion = 13.0,
  LrSdkMinimumVersion = 6.0,
  LrToolkitIdentifier = "eyespy.workbench.lightroom",
  LrPluginName = "Eye Spy",
  LrPluginInfoProvider = "Settings.lua",
  LrMetadataProvider = "Metadata.lua",
  LrLibraryMenuItems = {
    { title = "Find shut eyes in the selected photos", file = "Screen.lua", enabledWhen = "photosSelected" },
  },
  VERSION = { major = 1, minor = 1, revision = 0 },
}
