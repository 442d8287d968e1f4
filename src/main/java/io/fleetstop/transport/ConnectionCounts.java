package io.fleetstop.transport;

/** Live readings of a transport's connections. Each is read independently. */
public interface ConnectionCounts {

  /** For a transport that does not count its connections: every reading is zero. */
  ConnectionCounts NONE =
      new ConnectionCounts() {
        @Override
        public int open() {
          return 0;
        }

        @Override
        public int idle() {
          return 0;
        }
      };

  /** Returns how many connections are open or being established. */
  int open();

  /**
   * Returns how many of them carry no request. With HTTP/2, connections that carry requests may be
   * included.
   */
  int idle();
}
