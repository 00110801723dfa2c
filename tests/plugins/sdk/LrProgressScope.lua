-- The last scope is kept for the test; `cancels` is what a person pressed.

local Scope = { last = nil, cancels = false }
Scope.__index = Scope

function Scope:setIndeterminate() end

function Scope:isCanceled()
  return Scope.cancels
end

function Scope:done()
  self.ended = true
end

return setmetatable(Scope, {
  __call = function(_, options)
    assert(options.functionContext, "without a context it stays for ever when the task fails")
    Scope.last = setmetatable({ title = options.title }, Scope)
    return Scope.last
  end,
})
