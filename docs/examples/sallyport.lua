-- How HAProxy and Apache ask Sallyport. Both have Lua, and sockets of one kind. Whatever is not a plain yes is a no.
local sallyport = {}

-- The longest that one question may take, in seconds, and the most that an answer may hold.
local patience, most_lines, most_bytes = 3, 100, 65536

-- What the API behind is told. All of them are in every yes, empty where there is nothing.
sallyport.tells = {
  "X-Auth-Kind", "X-Auth-Id", "X-Auth-Door", "X-Auth-Account", "X-Auth-Client", "X-Auth-Team", "X-Auth-Plan",
  "X-Auth-Role", "X-Auth-Scopes", "X-Auth-Environment", "X-Auth-Token",
}

-- What of a caller's headers decides, and what of a refusal the caller is told.
sallyport.asks = {
  "Authorization", "X-API-Key", "DPoP", "Origin", "Access-Control-Request-Method", "X-Request-Id", "User-Agent",
}
sallyport.says = { "Content-Type", "WWW-Authenticate", "DPoP-Nonce", "Retry-After", "Cache-Control" }

local function is_one_line(text)
  return not string.find(text, "[%z\1-\8\10-\31\127]")
end

local function question(host, headers)
  local lines = { "GET /guard/forward-auth HTTP/1.1", "Host: " .. host, "Connection: close" }
  for _, header in ipairs(headers) do
    if not header[2] or not is_one_line(header[2]) then return nil end
    lines[#lines + 1] = header[1] .. ": " .. header[2]
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function read_answer(receive)
  local status = string.match(receive("*l") or "", "^HTTP/1%.1 (%d%d%d)")
  if not status then return nil end
  local headers = {}
  for _ = 1, most_lines do
    local line = receive("*l")
    if line == nil then return nil end
    line = string.gsub(line, "\r$", "")
    if line == "" then
      local length = tonumber(headers["content-length"] or "0")
      if headers["transfer-encoding"] or not length or length > most_bytes then return nil end
      local body = length == 0 and "" or receive(length)
      return body and #body == length and { status = tonumber(status), headers = headers, body = body } or nil
    end
    local name, value = string.match(line, "^([%w-]+):[ \t]*(.-)[ \t]*$")
    if not name or not is_one_line(value) then return nil end
    headers[string.lower(name)] = value
  end
  return nil
end

local function is_whole_yes(answer)
  for _, name in ipairs(sallyport.tells) do
    if answer.headers[string.lower(name)] == nil then return false end
  end
  return answer.headers["x-auth-kind"] ~= nil
end

-- Asks at `at` (`host`, `port`) by a fresh `socket` about a request with these `headers` (pairs of name and value). Answers
-- `status`, `headers` by lower-case names, and `body`; anything that Sallyport would not say is a 503. `clock` is in seconds.
function sallyport.ask(socket, clock, at, headers)
  local ended = clock() + patience
  local function in_time()
    local left = ended - clock()
    if left <= 0 then return false end
    socket:settimeout(left)
    return true
  end
  local function receive(what)
    if not in_time() then return nil end
    local text = socket:receive(what)
    return text
  end
  local text = question(at.host, headers)
  local answer
  if text and in_time() and socket:connect(at.host, at.port) and in_time() and socket:send(text) then
    answer = read_answer(receive)
  end
  socket:close()
  if answer and answer.status == 200 and is_whole_yes(answer) then return answer end
  if answer and answer.status >= 400 then return answer end
  return { status = 503, headers = { ["cache-control"] = "no-store" }, body = "" }
end

return sallyport
