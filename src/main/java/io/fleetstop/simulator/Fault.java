package io.fleetstop.simulator;

/**
 * A fault of a reply. A fault before the effect prevents it; a fault after the effect damages the
 * reply of a call that took effect.
 */
public enum Fault {
  /** Before any effect, the connection is reset. */
  RESET_BEFORE(true),
  /** Before any effect, a proxy replies with HTTP 502 and an HTML page. */
  HTML_502_BEFORE(true),
  /** Before any effect, HTTP 500 {@code InternalError}. */
  INTERNAL_ERROR_BEFORE(true),
  /** Before any effect, HTTP 429 {@code FlowLimitExceeded}, whatever the quota. */
  THROTTLE(true),
  /** Before any effect, HTTP 412 {@code IdempotentProcessing}. */
  PROCESSING(true),
  /** Before any effect, no reply until the client closes the connection. */
  HUNG_BEFORE(true),
  /** After the effect, the connection is closed without a reply. */
  LOST_REPLY(false),
  /** After the effect, the connection is reset without a reply. */
  RESET_AFTER(false),
  /** After the effect, a proxy replies with HTTP 502 and an HTML page. */
  HTML_502_AFTER(false),
  /** After the effect, HTTP 500 {@code InternalError}. */
  INTERNAL_ERROR_AFTER(false),
  /** After the effect, a reply shorter than its {@code Content-Length}. */
  TRUNCATED(false),
  /** After the effect, HTTP 200 with a body that is not JSON. */
  GARBAGE(false),
  /** After the effect, HTTP 200 without a body. */
  EMPTY_BODY(false),
  /** The reply is delayed; until then the call is in process. */
  SLOW(false),
  /** After the effect, no reply until the client closes the connection. */
  HUNG(false);

  private final boolean beforeEffect;

  Fault(boolean beforeEffect) {
    this.beforeEffect = beforeEffect;
  }

  /** Whether the fault prevents the effect of the call. */
  public boolean isBeforeEffect() {
    return beforeEffect;
  }
}
