-- wrk's requests: GET of each path in /tmp/paths.txt in turn.
local paths, place = {}, 0

init = function()
  for path in io.lines("/tmp/paths.txt") do
    paths[#paths + 1] = path
  end
end

request = function()
  place = place % #paths + 1
  return wrk.format("GET", paths[place])
end
