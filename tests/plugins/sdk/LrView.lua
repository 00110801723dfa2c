-- Views are what they were made of, so that a test can walk through them.

return {
  bind = function(name)
    return { bound = name }
  end,
  share = function(name)
    return { shared = name }
  end,
}
