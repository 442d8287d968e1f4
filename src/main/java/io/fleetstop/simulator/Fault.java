package io.fleetstop.simulator;

/**
 * A way in which a reply can go wrong. Those that come before the effect leave no trace; those that
 * come after it spoil the reply of a call that was carried out as usual.
 */
public enum Fault {
  /** Before any effect, the connection is reset. */
  RESET_BEFORE(true),
  /** Before any effect, a proxy answers HTTP 502 with a page. */
  HTML_502_BEFORE(true),
  /** Before any effect, HTTP 500 {@code InternalError}. */
  INTERNAL_ERROR_BEFORE(true),
  /** Before any effect, HTTP 429 {@code FlowLimitExceeded}, whatever the quota. */
  THROTTLE(true),
  /** Before any effect, HTTP 412 {@code IdempotentProcessing}. */
  PROCESSING(true),
  /** Before any effect, silence until the client gives up. */
  HUNG_BEFORE(true),
  /** After the effect, the connection is closed without a reply. */
  LOST_REPLY(false),
  /** After the effect, the connection is reset without a reply. */
  RESET_AFTER(false),
  /** After the effect, a proxy answers HTTP 502 with a page. */
  HTML_502_AFTER(false),
  /** After the effect, HTTP 500 {@code InternalError}. */
  INTERNAL_ERROR_AFTER(false),
  /** After the effect, a reply that breaks off before the length it promised. */
  TRUNCATED(false),
  /** After the effect, HTTP 200 with something that is not JSON. */
  GARBAGE(false),
  /** After the effect, HTTP 200 without a body. */
  EMPTY_BODY(false),
  /** The reply comes late; until then the call counts as in process. */
  SLOW(false),
  /** After the effect, silence until the client gives up. */
  HUNG(false);

  private final boolean beforeEffect;

  Fault(boolean beforeEffect) {
    this.beforeEffect = beforeEffect;
  }

  /** Whether the call has no effect. */
  public boolean isBeforeEffect() {
    return beforeEffect;
  }
}
