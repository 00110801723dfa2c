-- Dialogs are kept for the test to read.

local LrDialogs = { shown = {} }

function LrDialogs.message(title, text, style)
  assert(style == "info" or style == "warning" or style == "critical", "no style: " .. tostring(style))
  LrDialogs.shown[#LrDialogs.shown + 1] = { title = title, text = text, style = style }
end

function LrDialogs.attachErrorDialogToFunctionContext(context)
  context.attached = true
end

function LrDialogs.runOpenPanel(options)
  assert(options.canChooseDirectories and not options.canChooseFiles)
  return { "/chosen" }
end

return LrDialogs
