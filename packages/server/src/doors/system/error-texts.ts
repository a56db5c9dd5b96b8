import type { ErrorCode } from '@sallyport/protocol'

/** What an error code means to whoever meets it, and what to do. */
export interface ErrorText {
  readonly meaning: string
  readonly remedy: string
}

/** The text of every error code; the pages under `/errors/` and `docs/errors/` are made from it. */
export const errorTexts: Readonly<Record<ErrorCode, ErrorText>> = {
  invalid_request: {
    meaning: 'The request is malformed: a parameter is missing, repeated, or has a value that can’t be read.',
    remedy:
      'Read the description in the answer; it names the parameter. Each parameter may be sent once, in the body for POST.',
  },
  invalid_client: {
    meaning: 'The client could not be proven: it is unknown here, or its secret is missing or wrong.',
    remedy:
      'Check client_id and client_secret, and that the client was registered at this very door. Send the secret one way only: in the body or with HTTP Basic.',
  },
  invalid_grant: {
    meaning:
      'The code or refresh token is worth nothing: unknown, expired, used before, made for another client, or its verifier or redirect_uri does not match.',
    remedy:
      'Start the sign-in again. Exchange a code once and within a minute; keep the newest refresh token that you were given.',
  },
  invalid_redirect_uri: {
    meaning: 'A redirect address of the registration is missing or may not be registered.',
    remedy:
      'Use https, http on a loopback address, or a private scheme with a dot in it, without fragment, user name or wildcard.',
  },
  invalid_client_metadata: {
    meaning: 'Something that the app said of itself at its registration can’t be taken.',
    remedy: 'Read the description in the answer; it names the member and what it may be.',
  },
  invalid_software_statement: {
    meaning: 'The software statement of the registration is not signed by whom it names, or has expired.',
    remedy: 'Ask whoever publishes the software for a new one.',
  },
  unapproved_software_statement: {
    meaning: 'The software statement of the registration is missing, or its issuer is not trusted here.',
    remedy: 'Ask the administrator of the server which issuers it trusts.',
  },
  invalid_scope: {
    meaning: 'A scope is unknown, malformed, or more than the client or the grant may have.',
    remedy:
      'Ask only for scopes that the client is registered for, separated by single spaces. An unknown one is passed over in an authorization request with openid alone.',
  },
  unauthorized_client: {
    meaning: 'The client is not registered for this grant type.',
    remedy: 'Register a client for it; the grant types of a client never change.',
  },
  unsupported_grant_type: {
    meaning: 'This token endpoint does not know the grant type.',
    remedy: 'See grant_types_supported in the metadata document.',
  },
  unsupported_response_type: {
    meaning: 'The authorization endpoint only answers with codes.',
    remedy: 'Send response_type=code.',
  },
  access_denied: {
    meaning: 'The person declined, or may not use this app.',
    remedy: 'Ask the person again when they want to go on. An app of a team is for members of that team.',
  },
  invalid_dpop_proof: {
    meaning:
      'The DPoP header is missing where one is needed, is not exactly one well-formed proof, or was made for another request, at another time or with another key; or it was sent before.',
    remedy:
      'Make a new proof for each request, with the method and the public address of it (without the query) and a jti that was never used. Check the clock.',
  },
  use_dpop_nonce: {
    meaning: 'The DPoP proof needs a nonce of this server, or the one it has is too old.',
    remedy:
      'Take the value of the DPoP-Nonce header of this answer, make the proof again with it as nonce, and send the request once more. Nothing was spent.',
  },
  authorization_pending: {
    meaning: 'The person has not decided yet.',
    remedy:
      'Ask again after the interval that the first answer named, until you get tokens or another error.',
  },
  slow_down: {
    meaning: 'The person has not decided yet, and the question came before the interval was over.',
    remedy:
      'Wait five seconds longer between questions from now on. Each question that comes too soon adds five more.',
  },
  expired_token: {
    meaning: 'The person did not decide in time, or the decision was not fetched in time.',
    remedy: 'Start again: a new request gets a new code.',
  },
  invalid_binding_message: {
    meaning: 'The binding message can’t be shown to a person to be compared.',
    remedy: 'Send at most 64 letters, digits and signs on one line, such as a short code.',
  },
  unsupported_token_type: {
    meaning: 'The token is good, but one like it is not revoked by itself: it was exchanged for another.',
    remedy: 'Let it run out, which is soon, or have the token revoked that it came from; it ends with that.',
  },
  invalid_token: {
    meaning: 'The access token is malformed, expired, revoked, or was made for another door.',
    remedy: 'Refresh, or sign in again, and present the new token.',
  },
  insufficient_scope: {
    meaning: 'The credential is good but lacks a scope.',
    remedy: 'The WWW-Authenticate header names what is missing; ask for a token or key that has it.',
  },
  login_required: {
    meaning: 'prompt=none was sent and nobody is signed in.',
    remedy: 'Send the person through the authorization endpoint without prompt=none.',
  },
  consent_required: {
    meaning: 'prompt=none was sent and the person has not allowed this yet.',
    remedy: 'Send the person through the authorization endpoint without prompt=none.',
  },
  interaction_required: {
    meaning: 'prompt=none was sent and the person has to do something first.',
    remedy: 'Send the person through the authorization endpoint without prompt=none.',
  },
  request_not_supported: {
    meaning: 'Request objects are not taken here.',
    remedy: 'Send the parameters themselves.',
  },
  request_uri_not_supported: {
    meaning: 'Request objects by reference are not taken here: the server fetches nothing.',
    remedy: 'Send the parameters themselves, or push them where the metadata names an endpoint for that.',
  },
  invalid_authorization_details: {
    meaning:
      'authorization_details are malformed, of a type that the door does not take, do not fit their type, or exceed what was granted.',
    remedy:
      'Send a JSON list of objects with a type of authorization_details_types_supported and its members, and no others. A token request may only name some of those that were granted, as they were.',
  },
  insufficient_user_authentication: {
    meaning: 'The API wants a sign-in that is newer, or of another kind, than the one behind the token.',
    remedy:
      'Send the person to the authorization endpoint with the acr_values and max_age of the challenge, and use the token that comes of it.',
  },
  unmet_authentication_requirements: {
    meaning:
      'The request insists on a way of signing in (an essential acr) that is not there, or that the person did not use.',
    remedy: 'Ask for one of acr_values_supported, for acr without essential, or for none.',
  },
  invalid_target: {
    meaning: 'An audience or resource is not known here, or is more than what was granted.',
    remedy:
      'Name resources exactly as the API’s own metadata does. A token request may only name some of those that were granted.',
  },
  invalid_request_object: {
    meaning:
      'The request object is not signed by a key of the client, is over, is for another server, or holds what can be no parameter.',
    remedy:
      'Register the client’s public keys; sign with client_id, and the issuer as aud, in the object; send it within its exp.',
  },
  invalid_request_uri: {
    meaning: 'The pushed request is unknown, too old, another client’s, or was answered already.',
    remedy: 'Push the request again, send the browser within 90 seconds, and use each request_uri once.',
  },
  no_active_account: {
    meaning: 'E-mail address and password do not match an account that may sign in.',
    remedy:
      'Check both. The answer is the same for an unknown address, a wrong password and a disabled account.',
  },
  token_not_valid: {
    meaning: 'The token is malformed, of the wrong type, expired or revoked.',
    remedy:
      'Use the access token for calls and the refresh token at the refresh endpoint; sign in again when both are refused.',
  },
  not_authenticated: {
    meaning: 'No credential was presented.',
    remedy: 'Send one in the Authorization header.',
  },
  field_errors: {
    meaning: 'One or more fields of the body are missing or have a value that is not taken.',
    remedy: 'The answer has a list of messages for each such field.',
  },
  forbidden: {
    meaning: 'The caller is known but may not do this.',
    remedy: 'Use a credential that may. Credentials sent over plain http are refused as well: use https.',
  },
  origin_not_allowed: {
    meaning: 'The page’s origin is not on the widget’s list.',
    remedy:
      'Add the exact origin (scheme, host and port) to allowed_origins. A path makes no difference and sub-domains are listed one by one.',
  },
  csrf: {
    meaning: 'The form did not come from a page that this browser got from us, or that page is too old.',
    remedy: 'Go back, reload the page and send the form again. Cookies must be allowed.',
  },
  not_found: {
    meaning: 'There is nothing at this address, or it is not yours.',
    remedy: 'Check the address. Objects of other teams answer the same as objects that do not exist.',
  },
  method_not_allowed: {
    meaning: 'The address does not answer this method.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  conflict: {
    meaning: 'The change does not fit what is there.',
    remedy: 'Read the object again and decide anew.',
  },
  payload_too_large: {
    meaning: 'The body is larger than this server reads.',
    remedy: 'Bodies may have 64 KiB.',
  },
  unsupported_media_type: {
    meaning: 'The body is in a format that this endpoint does not read.',
    remedy: 'Set Content-Type to the one that the description names.',
  },
  misdirected: {
    meaning: 'This address is served under another host name.',
    remedy: 'Use the host name of the door.',
  },
  rate_limited: {
    meaning: 'Too many requests in too short a time.',
    remedy: 'Wait as many seconds as Retry-After says.',
  },
  request_header_fields_too_large: {
    meaning: 'The header block is larger than this server reads.',
    remedy: 'Headers may have 16 KiB in all.',
  },
  server_error: {
    meaning: 'Something failed on our side.',
    remedy: 'Try again; if it stays, tell the operator the X-Request-Id of the answer.',
  },
  not_implemented: {
    meaning: 'The operator has not switched this on.',
    remedy: 'Ask the operator to configure it.',
  },
  unavailable: {
    meaning: 'The server can’t decide right now, so it refuses.',
    remedy: 'Try again after a moment; Retry-After says when.',
  },
}
