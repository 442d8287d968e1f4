package io.fleetstop.cli;

import io.fleetstop.simulator.CloudSimulator;
import io.fleetstop.simulator.EcsSimulator;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The command line in a process of its own. */
public final class ChildProcess {

  private ChildProcess() {}

  /** {@code fleetstop stop} against a simulator of this process. */
  static ProcessBuilder stop(EcsSimulator simulator, String... args) {
    return run("stop", simulator, args);
  }

  /** A command against a simulator of this process. */
  static ProcessBuilder run(String name, EcsSimulator simulator, String... args) {
    ProcessBuilder builder =
        run(name, simulator.endpoint(), simulator.accessKeyId(), simulator.secretAccessKey(), args);
    builder.environment().put("VOLCENGINE_REGION", simulator.region());
    return builder;
  }

  /** A command against a cloud of this process, with the key of its first account. */
  static ProcessBuilder run(String name, CloudSimulator cloud, String... args) {
    String key = cloud.accessKeyId(cloud.accounts().get(0));
    return run(name, cloud.endpoint(), key, cloud.secretAccessKey(), args);
  }

  private static ProcessBuilder run(
      String name, URI endpoint, String accessKeyId, String secretAccessKey, String... args) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                // A third of a short life goes to the verifier, for classes that this process has
                // verified.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-BytecodeVerificationRemote",
                "-cp",
                System.getProperty("java.class.path"),
                "io.fleetstop.cli.Main",
                name,
                "--endpoint",
                endpoint.toString()));
    command.addAll(Arrays.asList(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(variable -> variable.startsWith("VOLCENGINE_"));
    environment.put("VOLCENGINE_ACCESS_KEY", accessKeyId);
    environment.put("VOLCENGINE_SECRET_KEY", secretAccessKey);
    return builder;
  }
}
