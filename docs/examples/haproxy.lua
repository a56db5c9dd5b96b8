-- HAProxy asks Sallyport: `http-request lua.sallyport HOST PORT`. Beside it lies sallyport.lua.
local sallyport = require("sallyport")

local function clock()
  local now = core.now()
  return now.sec + now.usec / 1000000
end

local function refuse(txn, answer)
  local headers = {}
  for _, name in ipairs(sallyport.says) do
    local value = answer.headers[string.lower(name)]
    if value then headers[name] = { value } end
  end
  txn:done(txn:reply({ status = answer.status, headers = headers, body = answer.body }))
end

core.register_action("sallyport", { "http-req" }, function(txn, host, port)
  local held = txn.http:req_get_headers()
  local headers = {
    { "X-Forwarded-Method", txn.f:method() },
    { "X-Forwarded-Uri", txn.f:pathq() },
    { "X-Forwarded-For", txn.f:src() },
    { "X-Forwarded-Proto", txn.f:ssl_fc() == 1 and "https" or "http" },
  }
  for _, name in ipairs(sallyport.asks) do
    local values = held[string.lower(name)] or {}
    -- Numbered from 0. Each of them, so that a repeated credential is seen as one.
    for index = 0, #values do
      if values[index] then headers[#headers + 1] = { name, values[index] } end
    end
  end
  local answer = sallyport.ask(core.tcp(), clock, { host = host, port = tonumber(port) }, headers)
  if answer.status ~= 200 then return refuse(txn, answer) end
  for _, name in ipairs(sallyport.tells) do
    txn.http:req_set_header(name, answer.headers[string.lower(name)])
  end
  txn:set_var("txn.sallyport", "yes")
end, 2)
