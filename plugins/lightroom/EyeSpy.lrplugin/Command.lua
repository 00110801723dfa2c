-- The command that screens a list of photos, as a shell takes it. Plain Lua 5.1: nothing of an editor is known here.

local Command = {}

-- `text` as one word of the shell: sh on macOS and Linux, cmd.exe on Windows, where no name can hold a quotation mark.
function Command.quote(text, windows)
  if not windows then
    return "'" .. (text:gsub("'", "'\\''")) .. "'"
  end
  if text:find('["%%%c]') then
    error("a folder named " .. text .. " cannot be handed to Windows' command line; rename it", 0)
  end
  return '"' .. (text:gsub("\\+$", "%0%0")) .. '"'
end

-- Where the workbench's own Python lies below its folder.
function Command.python(folder, windows)
  if windows then
    return folder .. "\\.venv\\Scripts\\python.exe"
  end
  return folder .. "/.venv/bin/python"
end

-- The whole line. `ask` has `folder` (the workbench's), `list` (a file, a path a line), `out`, `err` (files for what is
-- said), `windows`, and `roots`: the folders that Eye Spy may read, or nil to leave them as they are set already.
function Command.screen(ask)
  local function quoted(text)
    return Command.quote(text, ask.windows)
  end
  local python = quoted(Command.python(ask.folder, ask.windows))
  local run = python .. " -m workbench screen --photos " .. quoted(ask.list) .. " --lines"
  local said = " > " .. quoted(ask.out) .. " 2> " .. quoted(ask.err)
  local roots = ask.roots and ask.roots ~= "" and ask.roots or nil
  if not ask.windows then
    local set = "PYTHONUTF8=1 " .. (roots and "EYESPY_ROOTS=" .. quoted(roots) .. " " or "")
    return "{ cd " .. quoted(ask.folder) .. " && " .. set .. run .. "; }" .. said
  end
  local set = 'set "PYTHONUTF8=1" && ' .. (roots and "set " .. quoted("EYESPY_ROOTS=" .. roots) .. " && " or "")
  -- cmd.exe takes the outermost quotation marks off, whatever stands between them.
  return '"(cd /d ' .. quoted(ask.folder) .. " && " .. set .. run .. ")" .. said .. '"'
end

-- A command's exit status: some systems give it as a process ends, in the second byte.
function Command.status(given)
  if type(given) ~= "number" then
    return given == true and 0 or 1
  end
  if given >= 256 and given % 256 == 0 then
    return given / 256
  end
  return given
end

-- Whether there are verdicts to be read: 0 is done, 3 is done but for some files, each of which is named.
function Command.answered(status)
  return status == 0 or status == 3
end

return Command
