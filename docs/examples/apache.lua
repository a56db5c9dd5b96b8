-- Apache asks Sallyport: `LuaHookAccessChecker …/apache.lua ask`. Beside it lies sallyport.lua; the package lua-socket
-- brings the sockets. Apache answers a script that fails with 500, and the request goes no further.
local at = { host = "127.0.0.1", port = 4455 }

package.path = string.match(debug.getinfo(1, "S").source, "^@(.*)/[^/]*$") .. "/?.lua;" .. package.path
local sallyport = require("sallyport")
local sockets = require("socket")

-- What only Sallyport may say, and what would make the API take the request for another one. Behind another proxy keep the
-- headers in which that one tells the caller's address.
local reserved = {
  "^x%-auth", "^x%-user", "^x%-original", "^x%-rewrite", "^x%-forwarded", "^x%-http%-method", "^x%-method",
  "^x%-real%-ip$", "^forwarded$",
}

local function is_reserved(name)
  -- An underscore is for some servers a hyphen.
  local plain = string.gsub(string.lower(name), "_", "-")
  for _, pattern in ipairs(reserved) do
    if string.find(plain, pattern) then return true end
  end
  return false
end

local function forget(r, drop)
  local names = {}
  for name in pairs(r:headers_in_table()) do
    if drop(name) then names[#names + 1] = name end
  end
  for _, name in ipairs(names) do r.headers_in[name] = nil end
end

-- Behind an upgrade Apache sees no more requests, and another protocol than this one could hold some. A caller's Connection
-- header makes proxies drop what it names; it may not name what Sallyport says.
local function plain_connection(r)
  local websocket = string.lower(r.headers_in["Upgrade"] or "") == "websocket"
  local asked = string.lower(r.headers_in["Connection"] or "")
  local plain = websocket and "Upgrade" or string.match(asked, "close") or string.match(asked, "keep%-alive")
  r.headers_in["Connection"] = plain
  if not websocket then r.headers_in["Upgrade"] = nil end
end

local function question(r)
  local headers = {
    { "X-Forwarded-Method", r.method },
    { "X-Forwarded-Uri", r.unparsed_uri },
    { "X-Forwarded-For", r.useragent_ip },
    { "X-Forwarded-Proto", r.is_https and "https" or "http" },
  }
  for _, name in ipairs(sallyport.asks) do
    -- Apache has joined a header that came twice: two credentials are one that is none.
    local value = r.headers_in[name]
    if value then headers[#headers + 1] = { name, value } end
  end
  return headers
end

local function refuse(r, answer)
  r.status = answer.status
  for _, name in ipairs(sallyport.says) do
    local value = answer.headers[string.lower(name)]
    if value and name ~= "Content-Type" then r.err_headers_out[name] = value end
  end
  r.content_type = answer.headers["content-type"] or "text/plain"
  r:write(answer.body)
  return apache2.DONE
end

function ask(r)
  local answer = sallyport.ask(sockets.tcp(), sockets.gettime, at, question(r))
  if answer.status ~= 200 then return refuse(r, answer) end
  plain_connection(r)
  forget(r, is_reserved)
  for _, name in ipairs(sallyport.tells) do
    r.headers_in[name] = answer.headers[string.lower(name)]
  end
  r.headers_in["X-Forwarded-Proto"] = r.is_https and "https" or "http"
  -- The credential has done its work; the API behind has no use for it.
  r.headers_in["Authorization"] = nil
  r.headers_in["X-API-Key"] = nil
  r.headers_in["DPoP"] = nil
  return apache2.OK
end
