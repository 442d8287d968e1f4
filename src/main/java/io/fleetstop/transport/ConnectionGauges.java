package io.fleetstop.transport;

/** Live readings of a transport's connections, each by itself. */
public interface ConnectionGauges {

  /** Of a transport that does not count its connections. */
  ConnectionGauges NONE =
      new ConnectionGauges() {
        @Override
        public int open() {
          return 0;
        }

        @Override
        public int idle() {
          return 0;
        }
      };

  /** How many connections are open, or being made. */
  int open();

  /** How many of them carry no request. Over HTTP/2 those that carry some may count too. */
  int idle();
}
