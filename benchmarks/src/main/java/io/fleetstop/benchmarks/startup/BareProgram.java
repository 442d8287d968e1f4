package io.fleetstop.benchmarks.startup;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.netty.http.client.HttpClient;

/** A minimal program that reads an option with picocli and sends a request with Reactor Netty. */
@Command(name = "bare", mixinStandardHelpOptions = true)
final class BareProgram implements Callable<Integer> {

  @Option(names = "--endpoint", required = true)
  private String endpoint;

  /** Sends one request and ends. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new BareProgram()).execute(args));
  }

  @Override
  public Integer call() {
    String reply =
        HttpClient.create()
            .get()
            .uri(endpoint + "/?Action=StopInstance")
            .responseContent()
            .aggregate()
            .asString()
            .block();
    return reply == null ? 1 : 0;
  }
}
