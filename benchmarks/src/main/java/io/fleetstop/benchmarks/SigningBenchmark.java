package io.fleetstop.benchmarks;

import com.volcengine.Pair;
import com.volcengine.sign.VolcstackSign;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One signature of one {@code StopInstance} call, against the hashing that no signer can avoid.
 *
 * <p>The clock stands still and the credentials stay the same, so that a signer that keeps its
 * derived key may use it: that is what a fleet's calls are like.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Thread)
public class SigningBenchmark {

  private static final String REGION = "cn-beijing";
  private static final String SERVICE = "ecs";
  private static final String HOST = "open.volcengineapi.com";
  private static final String KEY_ID = "AKLTbenchmarksample";
  private static final String SECRET = "YmVuY2htYXJrLW9ubHktbm90LWEtc2VjcmV0";
  private static final String DATE = "20261123T120000Z";
  private static final String EMPTY_HASH =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  /** Sorted and encoded, as it is signed. */
  private static final Map<String, String> PARAMETERS =
      Map.of(
          "Action", "StopInstance",
          "ClientToken", "6f8d0c0e-4f0c-4f57-9a9e-0d6c2b1f7a35",
          "ForceStop", "false",
          "InstanceId", "i-3tiefmkskq3vj0example",
          "StoppedMode", "KeepCharging",
          "Version", "2020-04-01");

  private byte[] canonicalRequest;
  private byte[] stringToSign;
  private MessageDigest sha256;
  private Mac hmac;

  private RequestSigner ours;
  private HttpExchange.Request request;
  private Credentials credentials;
  private Instant now;

  private VolcstackSign official;
  private List<Pair> officialQuery;

  /** Prepares what each signer is given. */
  @Setup
  public void prepare() throws GeneralSecurityException {
    String query =
        String.join(
            "&",
            PARAMETERS.entrySet().stream()
                .map(parameter -> parameter.getKey() + "=" + parameter.getValue())
                .sorted()
                .toList());
    prepareFloor(query);
    prepareOurs(query);
    prepareOfficial();
  }

  private void prepareFloor(String query) throws GeneralSecurityException {
    canonicalRequest =
        bytes(
            String.join(
                "\n",
                "GET",
                "/",
                query,
                "host:" + HOST,
                "x-date:" + DATE,
                "",
                "host;x-date",
                EMPTY_HASH));
    stringToSign =
        bytes(
            String.join(
                "\n",
                "HMAC-SHA256",
                DATE,
                "20261123/" + REGION + "/" + SERVICE + "/request",
                EMPTY_HASH));
    sha256 = MessageDigest.getInstance("SHA-256");
    hmac = Mac.getInstance("HmacSHA256");
    hmac.init(new SecretKeySpec(sha256.digest(bytes(SECRET)), "HmacSHA256"));
  }

  private void prepareOurs(String query) {
    ours = RequestSigner.of(REGION, SERVICE);
    request = HttpExchange.Request.get(URI.create("https://" + HOST + "/?" + query));
    credentials = Credentials.of(KEY_ID, SECRET);
    now = Instant.parse("2026-11-23T12:00:00Z");
  }

  private void prepareOfficial() {
    official = new VolcstackSign(com.volcengine.sign.Credentials.getCredentials(KEY_ID, SECRET));
    official.setRegion(REGION);
    official.setService(SERVICE);
    official.setMethod("GET");
    officialQuery = new ArrayList<>();
    PARAMETERS.forEach((name, value) -> officialQuery.add(new Pair(name, value)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** One hash of the canonical request, and one authentication code with a prepared key. */
  @Benchmark
  public int floor() {
    return sha256.digest(canonicalRequest).length + hmac.doFinal(stringToSign).length;
  }

  /** The request with its signature. */
  @Benchmark
  public HttpExchange.Request ours() {
    return ours.sign(request, credentials, now);
  }

  /** The headers with their signature, in a map of their own as each call has. */
  @Benchmark
  public Map<String, String> official() {
    Map<String, String> headers = new HashMap<>();
    headers.put("Host", HOST);
    official.applyToParams(new ArrayList<>(officialQuery), headers, "");
    return headers;
  }
}
