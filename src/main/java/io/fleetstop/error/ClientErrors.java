package io.fleetstop.error;

import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import java.util.List;

/** The codes of this client. No reply of the service carries them. */
public final class ClientErrors {

  public static final ErrorCode CONNECT_FAILED =
      client(
          "Client.ConnectFailed",
          Category.NETWORK,
          "No connection could be made: name resolution, connect, TLS or proxy. Nothing was sent.");

  public static final ErrorCode UNTRUSTED_SERVER =
      client(
          "Client.UntrustedServer",
          Category.AUTH,
          "The server's certificate is not trusted, so nothing was sent. Check the address and this"
              + " machine's clock. If the network has an authority of its own, add its certificate:"
              + " --ca-file, SSL_CERT_FILE or TlsOptions.");

  public static final ErrorCode PROXY_REFUSED =
      client(
          "Client.ProxyRefused",
          Category.AUTH,
          "The proxy did not accept the user and the password, so nothing was sent. Correct them in"
              + " the address of the proxy.");

  public static final ErrorCode CONNECTION_LOST =
      client(
          "Client.ConnectionLost",
          Category.NETWORK,
          "The connection ended before the reply did. The service may have acted.");

  public static final ErrorCode RESPONSE_TIMEOUT =
      client(
          "Client.ResponseTimeout",
          Category.NETWORK,
          "No byte of the reply arrived within the response timeout. The service may have "
              + "acted.");

  public static final ErrorCode ATTEMPT_TIMEOUT =
      client(
          "Client.AttemptTimeout",
          Category.NETWORK,
          "One attempt took longer than the attempt timeout.");

  public static final ErrorCode POOL_EXHAUSTED =
      client(
          "Client.PoolExhausted",
          Category.NETWORK,
          "No pooled connection became available in time. Nothing was sent.");

  public static final ErrorCode UNREADABLE_REPLY =
      client(
          "Client.UnreadableReply",
          Category.SERVER,
          "The reply is malformed, and does not show what the service did.");

  public static final ErrorCode UNEXPECTED_SUCCESS =
      client(
          "Client.UnexpectedSuccess",
          Category.LOCAL,
          "The service answered a dry run as if it had carried out the request. The service "
              + "may have acted.");

  public static final ErrorCode REPLY_TOO_LARGE =
      client(
          "Client.ReplyTooLarge",
          Category.SERVER,
          "The reply is larger than the limit of this client, and was not read completely.");

  public static final ErrorCode CREDENTIALS_UNAVAILABLE =
      client(
          "Client.CredentialsUnavailable",
          Category.AUTH,
          "No source returned usable credentials. Nothing was sent.");

  public static final ErrorCode CREDENTIALS_NOT_CONFIGURED =
      client(
          "Client.CredentialsNotConfigured",
          Category.AUTH,
          "This source of credentials is not configured. Nothing was sent.");

  public static final ErrorCode RATE_LIMITER_FULL =
      client(
          "Client.RateLimiterFull",
          Category.LOCAL,
          "The queue of the rate limiter is full. Nothing was sent.");

  public static final ErrorCode TOO_MANY_OPEN_INSTANCES =
      client(
          "Client.TooManyOpenInstances",
          Category.LOCAL,
          "The other runs of the client have as many instances open as the client allows. Nothing"
              + " was sent.");

  public static final ErrorCode QUEUE_TIMEOUT =
      client(
          "Client.QueueTimeout",
          Category.LOCAL,
          "The call spent its deadline in the queue for a permit or a slot. Nothing was sent.");

  public static final ErrorCode DEADLINE_EXCEEDED =
      client(
          "Client.DeadlineExceeded",
          Category.LOCAL,
          "The call, including queueing and retries, took longer than its deadline.");

  public static final ErrorCode FAILURE_BUDGET_EXHAUSTED =
      client(
          "Client.FailureBudgetExhausted",
          Category.LOCAL,
          "More instances failed than the run allows; no further calls were started.");

  public static final ErrorCode JOURNAL_FAILED =
      client(
          "Client.JournalFailed",
          Category.LOCAL,
          "The journal of a run cannot be opened or written; no further calls were started.");

  public static final ErrorCode NOT_STOPPED =
      client(
          "Client.NotStopped",
          Category.LOCAL,
          "An awaited instance did not stop in time, was started again, or cannot stop any more.");

  public static final ErrorCode CLOSED =
      client("Client.Closed", Category.LOCAL, "The client is closed. Nothing was sent.");

  public static final ErrorCode UNEXPECTED_FAILURE =
      client(
          "Client.UnexpectedFailure",
          Category.LOCAL,
          "A part of this client, or one that was given to it, failed unexpectedly:");

  static final List<ErrorCode> ALL =
      List.of(
          CONNECT_FAILED,
          UNTRUSTED_SERVER,
          PROXY_REFUSED,
          CONNECTION_LOST,
          RESPONSE_TIMEOUT,
          ATTEMPT_TIMEOUT,
          POOL_EXHAUSTED,
          UNREADABLE_REPLY,
          UNEXPECTED_SUCCESS,
          REPLY_TOO_LARGE,
          CREDENTIALS_UNAVAILABLE,
          CREDENTIALS_NOT_CONFIGURED,
          RATE_LIMITER_FULL,
          TOO_MANY_OPEN_INSTANCES,
          QUEUE_TIMEOUT,
          DEADLINE_EXCEEDED,
          FAILURE_BUDGET_EXHAUSTED,
          JOURNAL_FAILED,
          NOT_STOPPED,
          CLOSED,
          UNEXPECTED_FAILURE);

  private ClientErrors() {}

  private static ErrorCode client(String code, Category category, String meaning) {
    return new ErrorCode(code, category, null, null, Scope.CLIENT, null, meaning);
  }
}
