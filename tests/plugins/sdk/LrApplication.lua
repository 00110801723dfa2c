-- A catalogue of the photos that the test names. Like Lightroom's it is strict: keys must be known, and nothing can be
-- set but inside a write access, each of which is one step to undo.

local COLOURS = { red = true, yellow = true, green = true, blue = true, purple = true, none = true }
local declared = dofile(_PLUGIN.path .. "/" .. dofile(_PLUGIN.path .. "/Info.lua").LrMetadataProvider)
local FIELDS = {}
for _, field in ipairs(declared.metadataFieldsForPhotos) do
  FIELDS[field.id] = field.dataType
end
local KEYS = { path = true, isVideo = true, colorNameForLabel = true, pickStatus = true }

local catalog = { photos = {}, steps = {}, writing = false, busy = false }

local Photo = {}
Photo.__index = Photo

function Photo:setRawMetadata(key, value)
  assert(catalog.writing, "set outside of a write access")
  if key == "colorNameForLabel" then
    assert(COLOURS[value], "no colour: " .. tostring(value))
  elseif key == "pickStatus" then
    assert(value == -1 or value == 0 or value == 1, "no flag: " .. tostring(value))
  else
    error("unknown key: " .. tostring(key))
  end
  self[key] = value
end

function Photo:getPropertyForPlugin(plugin, field)
  assert(plugin == _PLUGIN and FIELDS[field], "no such property: " .. tostring(field))
  return self[field]
end

function Photo:setPropertyForPlugin(plugin, field, value)
  assert(catalog.writing, "set outside of a write access")
  assert(plugin == _PLUGIN and FIELDS[field] == type(value), "no such property: " .. tostring(field))
  self[field] = value
end

function catalog.add(values)
  catalog.photos[#catalog.photos + 1] = setmetatable(values, Photo)
end

function catalog:getTargetPhotos()
  return self.photos
end

function catalog:batchGetRawMetadata(photos, keys)
  local found = {}
  for _, photo in ipairs(photos) do
    found[photo] = {}
    for _, key in ipairs(keys) do
      assert(KEYS[key], "unknown key: " .. key)
      found[photo][key] = photo[key]
    end
  end
  return found
end

function catalog:batchGetFormattedMetadata(photos, keys)
  assert(#keys == 1 and keys[1] == "label", "unknown key: " .. table.concat(keys, ", "))
  local found = {}
  for _, photo in ipairs(photos) do
    found[photo] = { label = photo.label }
  end
  return found
end

function catalog:withWriteAccessDo(name, change, options)
  assert(type(options.timeout) == "number")
  if self.busy then
    return "aborted"
  end
  self.writing = true
  change()
  self.writing = false
  self.steps[#self.steps + 1] = name
  return "executed"
end

return {
  activeCatalog = function()
    return catalog
  end,
}
