# frozen_string_literal: true

# An API on Rack. Run: GUARD_SERVER=... GUARD_ID=... GUARD_SECRET=... puma --bind tcp://127.0.0.1:8000
require_relative "sallyport_check"
require_relative "sallyport_token"

server = ENV.fetch("GUARD_SERVER")
guard = Sallyport::Guard.new(server, ENV.fetch("GUARD_ID"), ENV.fetch("GUARD_SECRET"))
keys = Sallyport::Keys.new(server)

who = lambda do |env|
  [200, { "content-type" => "application/json" }, [JSON.generate(caller: env["sallyport.principal"])]]
end

map "/domains" do
  use Sallyport::Guarded, guard, shape: "message",
                                 rule: { doors: ["osir"], scopes: ["domains:read"], limits: ["osir-api"] }
  run who
end

map "/chatbots" do
  use Sallyport::Guarded, guard, shape: "oauth",
                                 rule: { doors: ["openchatstudio"], scopes: ["chatbot:read", "session:read"] }
  run who
end

map "/campaigns" do
  use Sallyport::Guarded, guard, shape: "oauth",
                                 rule: { doors: ["charp"], plan: "Standard", plans: %w[Free Standard Enterprise] }
  run who
end

map "/behind/domains" do
  use Sallyport::BehindProxy, keys, route: "/behind/domains"
  run who
end
