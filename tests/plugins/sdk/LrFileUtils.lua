local LrFileUtils = {}

function LrFileUtils.exists(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file and "file" or false
end

function LrFileUtils.readFile(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function LrFileUtils.chooseUniqueFileName(path)
  local number, stem, ending = 1, path:match("^(.*)(%.%w+)$")
  while LrFileUtils.exists(path) do
    number = number + 1
    path = stem .. "-" .. number .. ending
  end
  return path
end

function LrFileUtils.delete(path)
  return os.remove(path)
end

return LrFileUtils
