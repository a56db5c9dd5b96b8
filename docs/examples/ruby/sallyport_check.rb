# frozen_string_literal: true

# Asks Sallyport who is calling, and whether they may. Needs nothing but the standard library.
require "json"
require "net/http"
require "uri"

module Sallyport
  LATER = "The service is temporarily unavailable."
  UNAVAILABLE = {
    "detail" => { detail: LATER, code: "unavailable" },
    "oauth" => { error: "unavailable", error_description: LATER },
    "message" => { error: "unavailable", message: LATER }
  }.freeze

  # One for the whole process. `timeout` is how many seconds a silent server is waited for.
  class Guard
    def initialize(server, client_id, client_secret, timeout: 2)
      @address = URI(server)
      # RFC 6749, section 2.3.1: both are form-encoded before they are joined.
      @credential = [client_id, client_secret].map { |text| URI.encode_www_form_component(text) }
      @timeout = timeout
      @idle = Queue.new
    end

    # The server's answer, of which it is certain that it is a yes or a no. Raises whatever went wrong.
    def ask(question)
      request = Net::HTTP::Post.new("/guard/check", "Content-Type" => "application/json")
      request.basic_auth(*@credential)
      request.body = JSON.generate(question)
      response = deliver(request)
      # A rule that can't be, or a credential that was taken away; it says which, and repeats nothing of what was sent.
      raise "Sallyport answered #{response.code}: #{response.body.to_s[0, 300].dump}" unless response.code == "200"

      case JSON.parse(response.body, symbolize_names: true)
      in { outcome: "allow", principal: Hash, headers: Hash } => answer then answer
      in { outcome: "refuse", status: 400.., headers: Hash, body: Hash } => answer then answer
      end
    end

    private

    def deliver(request)
      connection = begin
        @idle.pop(true)
      rescue ThreadError
        return send_over(connect, request)
      end
      begin
        send_over(connection, request)
      rescue EOFError, Errno::ECONNRESET, Errno::EPIPE
        # The server had closed it while it lay idle.
        send_over(connect, request)
      end
    end

    def send_over(connection, request)
      response = connection.request(request)
      @idle.size < 16 ? @idle.push(connection) : connection.finish
      response
    rescue StandardError
      connection.finish if connection.started?
      raise
    end

    def connect
      http = Net::HTTP.new(@address.host, @address.port, nil)
      http.use_ssl = @address.scheme == "https"
      http.open_timeout = http.read_timeout = http.write_timeout = @timeout
      http.keep_alive_timeout = 30
      http.start
    end
  end

  # Rack middleware: lets an app be called only by whom the rule allows; env["sallyport.principal"] says who that is.
  class Guarded
    def initialize(app, guard, shape:, rule:)
      @app, @guard, @shape, @rule = app, guard, shape, rule
    end

    def call(env)
      answer = check(env)
      headers = answer[:headers].transform_keys { |name| name.to_s.downcase }
      return [answer[:status], headers, [JSON.generate(answer[:body])]] if answer[:outcome] != "allow"

      status, own, body = @app.call(env.merge("sallyport.principal" => answer[:principal]))
      [status, own.merge(headers), body]
    end

    private

    def check(env)
      @guard.ask(
        method: env["REQUEST_METHOD"], path: text(env["SCRIPT_NAME"] + env["PATH_INFO"]), headers: presented(env),
        # Not Rack::Request#ip, which believes X-Forwarded-For. Behind a proxy of your own: its last entry.
        ip: env["REMOTE_ADDR"], rule: @rule, shape: @shape
      )
    rescue StandardError => e
      env["rack.errors"].puts("nobody can be checked: #{e.class}: #{e.message}")
      headers = { "content-type" => "application/json", "cache-control" => "no-store" }
      { outcome: "refuse", status: 503, headers: headers, body: UNAVAILABLE.fetch(@shape) }
    end

    # Rack joins repetitions with a comma, which no credential has in it: they are refused as well.
    def presented(env)
      { "authorization" => "HTTP_AUTHORIZATION", "x-api-key" => "HTTP_X_API_KEY", "origin" => "HTTP_ORIGIN" }
        .transform_values { |name| text(env[name]) if env[name] }.compact
    end

    # What came over the wire is bytes; a credential has only ASCII.
    def text(bytes)
      bytes.dup.force_encoding(Encoding::UTF_8).scrub("?").delete("\0")
    end
  end
end
