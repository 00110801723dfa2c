-- What the workbench says of photos, and what an editor is to make of it. Plain Lua 5.1, nothing of an editor.

local Verdicts = {}

Verdicts.GROUPS = { "blink", "cant_tell", "keep" }
Verdicts.TITLES = { blink = "blink", cant_tell = "can't tell", keep = "keep" }

local function utf8(code)
  if code < 0x80 then
    return string.char(code)
  elseif code < 0x800 then
    return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64)
  elseif code < 0x10000 then
    return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
  end
  local first, second = math.floor(code / 262144), math.floor(code / 4096) % 64
  return string.char(0xF0 + first, 0x80 + second, 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
end

-- A path as it is: characters that a terminal would not show, a narrow space for instance, come as \xa0 or \u202f.
local function unescaped(path)
  local function char(digits)
    return utf8(tonumber(digits, 16))
  end
  local plain = path:gsub("\\U(%x%x%x%x%x%x%x%x)", char):gsub("\\u(%x%x%x%x)", char):gsub("\\x(%x%x)", char)
  return plain
end

-- The verdicts in the lines `group<TAB>probability<TAB>path`, by path; `probability` is nil where there is none.
function Verdicts.parse(text)
  local found = {}
  for line in text:gmatch("[^\r\n]+") do
    local group, probability, path = line:match("^([%w_]+)\t([%d.]*)\t(.+)$")
    if group and Verdicts.TITLES[group] then
      local one = { group = group, probability = tonumber(probability), path = path }
      found[path] = one
      local plain = unescaped(path)
      found[plain] = found[plain] or one
    end
  end
  return found
end

-- The paths as a list for the workbench. One with a line break cannot be in it and is left out.
function Verdicts.list(paths)
  local lines, listed = {}, {}
  for _, path in ipairs(paths) do
    if not listed[path] and not path:find("[\r\n]") then
      listed[path] = true
      lines[#lines + 1] = path .. "\n"
    end
  end
  return table.concat(lines)
end

local NO_COLOUR = { [""] = true, none = true, gray = true, grey = true }

-- Whether a label is the photographer's own: not the one that was given, and not none. One whose words are of no colour
-- (“Rot” in an English set) shows as grey, as a photo without a label may.
local function is_own(has)
  local colour = has.colour
  if NO_COLOUR[colour or ""] then
    return colour ~= nil and colour ~= "none" and (has.words or "") ~= ""
  end
  return colour ~= has.given
end

-- What a photo gets: { label =, reject =, pick = }, each only where it is to be set. nil when nothing is.
-- `wish` has a colour for each group ("none" for none), `reject` (blinks) and `pick` (keepers), and `overwrite`.
-- `has` is the label that the photo has: its `colour`, its `words`, and the colour that Eye Spy gave before, if it did.
function Verdicts.change(group, has, wish)
  local change, any = {}, false
  local colour = wish[group]
  if colour and colour ~= "none" and colour ~= has.colour then
    if is_own(has) and not wish.overwrite then
      change.left = true
    else
      change.label = colour
    end
    any = true
  end
  if wish.reject and group == "blink" then
    change.reject, any = true, true
  elseif wish.pick and group == "keep" then
    change.pick, any = true, true
  end
  return any and change or nil
end

-- A tally to be counted up: photos by group, those without an answer, and those whose own label stayed.
function Verdicts.tally()
  return { blink = 0, cant_tell = 0, keep = 0, unanswered = 0, left = 0 }
end

local function photos(count)
  return count .. (count == 1 and " photo" or " photos")
end

-- The tally in words.
function Verdicts.told(tally)
  local parts = {}
  for _, group in ipairs(Verdicts.GROUPS) do
    parts[#parts + 1] = tally[group] .. " " .. Verdicts.TITLES[group]
  end
  local text = table.concat(parts, ", ") .. "."
  if tally.left > 0 then
    text = text .. " " .. photos(tally.left) .. " kept a colour label of their own."
  end
  if tally.unanswered > 0 then
    text = text .. " " .. photos(tally.unanswered) .. " could not be looked at."
  end
  return text
end

-- What went wrong, from what the command said: its last lines, without the word that every error begins with.
function Verdicts.problem(said)
  local lines = {}
  for line in said:gmatch("[^\r\n]+") do
    if line:find("%S") then
      lines[#lines + 1] = (line:gsub("^Error: ", ""))
    end
  end
  if #lines == 0 then
    return "The workbench said nothing about why."
  end
  return table.concat(lines, "\n", math.max(1, #lines - 4))
end

-- Whether photos lay outside the folders that the workbench may read, for which each editor has its own cure.
function Verdicts.outside(said)
  return said:find("outside the folders that Eye Spy may read", 1, true) ~= nil
end

return Verdicts
