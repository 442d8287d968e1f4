package io.fleetstop.simulator;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/** What a simulator is made of, before its port is bound. */
final class ServerParts {

  private static final int MAX_REQUEST_LINE = 1 << 16;
  private static final int WORKERS = 2;

  final EcsSimulator.Builder options;
  final Fleet fleet;
  final Ledger ledger = new Ledger();
  final Gateway gateway;
  // Stays closed: a connection that comes in while it closes must not outlive it.
  final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  final LoopResources loops = LoopResources.create("ecs-simulator", 1, WORKERS, true);

  ServerParts(EcsSimulator.Builder options) {
    this.options = options;
    this.fleet = new Fleet(options);
    SignatureVerifier verifier =
        new SignatureVerifier(options.keys, options.clock, options.maxClockSkew);
    this.gateway = new Gateway(verifier, fleet, ledger, options);
    long now = gateway.now();
    for (int i = 1; i <= options.generated; i++) {
      fleet.add(generated(i, options.regionName()), now);
    }
    options.instances.forEach(spec -> fleet.add(spec, now));
  }

  /** The server, not bound yet. */
  HttpServer server() {
    GatewayHttpHandler front = new GatewayHttpHandler(gateway, options.clock, options.scheduler);
    return HttpServer.create()
        .host(options.host)
        .port(options.port)
        .runOn(loops)
        .channelGroup(connections)
        // A hundred ids make a longer line than servers expect.
        .httpRequestDecoder(spec -> spec.maxInitialLineLength(MAX_REQUEST_LINE))
        .handle(front::handle);
  }

  // Periods 3, 3, 3 and 2 with different strides, so that the filters cut across each other.
  private static SimulatedInstance generated(int number, String region) {
    String digits = Integer.toString(number);
    return SimulatedInstance.builder("i-sim" + "0".repeat(10 - digits.length()) + digits)
        .name("sim-" + digits)
        .zoneId(region + "-" + pick(number, "a", "b", "c"))
        .vpcId(pick(number / 5, "vpc-sim01", "vpc-sim02"))
        .projectName(pick(number / 3, "default", "batch", "web"))
        .tag("env", pick(number / 9, "dev", "staging", "prod"))
        .tag("role", pick(number, "web", "worker"))
        .build();
  }

  private static String pick(int number, String... values) {
    return values[number % values.length];
  }
}
