-- A task runs at once; what it raises ends in a dialog if it asked for that.

local LrDialogs = import "LrDialogs"

return {
  postAsyncTaskWithContext = function(name, task)
    assert(type(name) == "string")
    local context = {}
    local done, problem = pcall(task, context)
    if not done then
      assert(context.attached, problem)
      LrDialogs.message(name, tostring(problem), "critical")
    end
  end,
}
