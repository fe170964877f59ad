-- wrk's requests: one product after another by its id, of the first thousand with ascending ids.
request = function()
  return wrk.format("GET", string.format("/products/%016d", math.random(0, 999)))
end
