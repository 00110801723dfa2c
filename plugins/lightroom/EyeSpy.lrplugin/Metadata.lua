-- What the plug-in notes with each photo in Lightroom's catalogue, out of sight: the colour label that it gave. A label
-- of the same colour that the photographer gave is told from it by that.

return {
  schemaVersion = 1,
  metadataFieldsForPhotos = {
    { id = "givenLabel", dataType = "string" },
  },
}
