# frozen_string_literal: true

# Verifies the token that Sallyport's forward authentication puts on a request (X-Auth-Token). Needs the gem jwt.
require "json"
require "jwt"
require "net/http"
require_relative "sallyport_check"

module Sallyport
  # The public keys of the server, kept for five minutes. One for the whole process.
  class Keys
    class Unavailable < StandardError; end

    attr_reader :server

    def initialize(server, timeout: 2)
      @server, @timeout = server, timeout
      @lock, @keys = Mutex.new, {}
      @fetched = @tried = -Float::INFINITY
    end

    def find(kid)
      @lock.synchronize do
        now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        old = now - @fetched > 300
        # At most once a second, or whoever makes up key ids would make us ask for each of them.
        if (old || !@keys.key?(kid)) && now - @tried > 1
          @tried = now
          @keys, @fetched = fetch, now
        elsif old
          raise Unavailable
        end
        @keys[kid] or raise JWT::DecodeError, "no such key"
      end
    end

    private

    def fetch
      address = URI("#{@server}/.well-known/jwks.json")
      options = { use_ssl: address.scheme == "https", open_timeout: @timeout, read_timeout: @timeout }
      response = Net::HTTP.start(address.host, address.port, nil, **options) { |http| http.get(address.path) }
      raise Unavailable unless response.code == "200"

      JSON.parse(response.body).fetch("keys").to_h do |jwk|
        [jwk.fetch("kid"), JWT::JWK.import(jwk.transform_keys(&:to_sym)).keypair]
      end
    rescue SystemCallError, IOError, SocketError, Timeout::Error, Net::ProtocolError, Net::HTTPBadResponse,
           OpenSSL::SSL::SSLError, JSON::ParserError, KeyError, JWT::JWKError
      raise Unavailable
    end
  end

  # Rack middleware for an app behind the proxy. `route` is its path in the server's forwardAuth. A token
  # for reading is none for writing; HEAD counts as GET.
  class BehindProxy
    # Seconds by which the clocks of two machines may differ.
    LEEWAY = 5

    def initialize(app, keys, route:)
      @app, @keys, @route = app, keys, route
      @options = {
        algorithms: ["ES256"], iss: "#{keys.server}/guard", verify_iss: true, verify_aud: true,
        required_claims: %w[exp iat iss aud sub principal], leeway: LEEWAY
      }
    end

    def call(env)
      begin
        principal = verify(env["HTTP_X_AUTH_TOKEN"], env["REQUEST_METHOD"])
      rescue Keys::Unavailable
        return refuse(503, UNAVAILABLE.fetch("message"))
      rescue StandardError
        # Not JWT::DecodeError alone: the gem raises others for a header that is no object.
        return refuse(401, { error: "unauthorized", message: "This came past the proxy" },
                      "www-authenticate" => 'Bearer error="invalid_token"')
      end
      @app.call(env.merge("sallyport.principal" => principal))
    end

    private

    def verify(token, method)
      options = @options.merge(aud: "#{method == 'HEAD' ? 'GET' : method} #{@route}")
      claims, header = JWT.decode(token, nil, true, options) { |unverified| @keys.find(unverified["kid"]) }
      # Tokens for callers are signed with the same keys: only the type tells them from ours (RFC 8725, section 3.11).
      raise JWT::DecodeError, "another type of token" unless header["typ"] == "internal+jwt"
      # The gem checks iat as well, but knows no leeway there.
      raise JWT::InvalidIatError, "not yet" if claims["iat"] > Time.now.to_i + LEEWAY

      claims["principal"]
    end

    def refuse(status, body, headers = {})
      [status, { "content-type" => "application/json", "cache-control" => "no-store", **headers }, [JSON.generate(body)]]
    end
  end
end
