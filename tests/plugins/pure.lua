-- Calls one function of a pure module with the strings given, and prints what it gives: lua pure.lua MODULE FUNCTION …

local module = dofile(arg[1])
local values = {}
for number = 3, #arg do
  values[number - 2] = (loadstring or load)("return " .. arg[number])()
end

local function shown(value)
  if type(value) ~= "table" then
    return tostring(value)
  end
  local names = {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names)
  for place, name in ipairs(names) do
    names[place] = name .. "=" .. shown(value[name])
  end
  return "{" .. table.concat(names, ", ") .. "}"
end

local done, given = pcall(module[arg[2]], (table.unpack or unpack)(values, 1, #arg - 2))
io.write(done and "" or "error: ", shown(given))
