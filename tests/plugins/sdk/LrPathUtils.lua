local LrPathUtils = {}

function LrPathUtils.parent(path)
  return path:match("^(.+)/[^/]+$")
end

function LrPathUtils.child(folder, name)
  return folder .. "/" .. name
end

function LrPathUtils.getStandardFilePath(name)
  assert(name == "temp")
  return os.getenv "TMPDIR"
end

return LrPathUtils
