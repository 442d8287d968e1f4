package io.fleetstop.benchmarks;

import com.volcengine.ApiClient;
import com.volcengine.ApiException;
import com.volcengine.UniversalApi;
import com.volcengine.UniversalRequest;
import com.volcengine.sign.Credentials;
import io.fleetstop.simulator.EcsSimulator;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Volcengine's own SDK with its defaults and retries, called by a pool of threads. */
final class OfficialSdk {

  private OfficialSdk() {}

  /** Stops a fleet; returns the number of calls reported as successful. */
  static long stop(URI endpoint, List<String> ids, int threads) throws InterruptedException {
    ApiClient client =
        new ApiClient()
            .setCredentials(
                Credentials.getCredentials(
                    EcsSimulator.SAMPLE_ACCESS_KEY_ID, EcsSimulator.SAMPLE_SECRET_ACCESS_KEY))
            .setRegion("cn-beijing")
            .setEndpoint(endpoint.getAuthority())
            .setDisableSSL(true);
    UniversalApi api = new UniversalApi(client);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      long stopped = 0;
      for (Future<Boolean> call :
          pool.invokeAll(
              ids.stream().<Callable<Boolean>>map(id -> () -> isStopped(api, id)).toList())) {
        stopped += call.get() ? 1 : 0;
      }
      return stopped;
    } catch (ExecutionException e) {
      throw new IllegalStateException("the official SDK failed", e.getCause());
    } finally {
      pool.shutdown();
      pool.awaitTermination(Contender.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static boolean isStopped(UniversalApi api, String id) {
    try {
      api.doCall(
          new UniversalRequest("ecs", "StopInstance", "2020-04-01"),
          Map.of(
              "InstanceId",
              id,
              "StoppedMode",
              "KeepCharging",
              "ForceStop",
              false,
              "ClientToken",
              UUID.randomUUID().toString()));
      return true;
    } catch (ApiException e) {
      return false;
    }
  }
}
