-- Commands are run for real. As on a Mac, the status is the one with which the process ended, in the second byte.

local execute = os.execute

return {
  execute = function(command)
    return execute(command)
  end,
}
