import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.IdentitySimulator;
import io.fleetstop.simulator.IdentitySimulator.IssuedKey;
import java.nio.file.Path;
import java.time.Duration;

/**
 * ECS with 300 instances on one port and STS with TLS on another. Both accept the user's key and
 * those that STS issues. Arguments: port of ECS, port of STS, certificate, its key.
 */
final class SimulatedServices {

  public static void main(String[] args) throws InterruptedException {
    EcsSimulatorBuilder ecs =
        EcsSimulator.builder()
            .port(Integer.parseInt(args[0]))
            .instances(300)
            .stopDelay(Duration.ofMillis(100));
    IdentitySimulator.Builder sts =
        IdentitySimulator.builder()
            .port(Integer.parseInt(args[1]))
            .tls(Path.of(args[2]), Path.of(args[3]));
    String id = System.getenv("VOLCENGINE_ACCESS_KEY");
    String secret = System.getenv("VOLCENGINE_SECRET_KEY");
    ecs.accessKey(id, secret);
    sts.accessKey(id, secret);
    for (int number = 1; number <= 9; number++) {
      IssuedKey key = IdentitySimulator.issued(number);
      ecs.accessKey(key.accessKeyId(), key.secretAccessKey(), key.sessionToken());
      sts.accessKey(key.accessKeyId(), key.secretAccessKey(), key.sessionToken());
    }
    ecs.startNow();
    sts.startNow();
    Thread.currentThread().join();
  }
}
