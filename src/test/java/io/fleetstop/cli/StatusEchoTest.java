package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A status that echoes the access key, with control characters, and without end. */
@Tag("guarantee:masking")
class StatusEchoTest {

  private static final String KEY_ID = "AKLTexample0123456789";

  @Test
  void statusThatEchoesTheKey_isMaskedPrintableAndBounded(@TempDir Path directory)
      throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean stop = exchange.getRequestURI().getRawQuery().contains("Action=StopInstance");
          String result =
              stop
                  ? "{}"
                  : "{\"Instances\":[{\"InstanceId\":\"i-1\",\"Status\":\""
                      + KEY_ID
                      + "\u009b2J\u202e"
                      + "A".repeat(3000)
                      + "\"}],\"NextToken\":\"\"}";
          byte[] bytes =
              ("{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":" + result + "}")
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    Path journal = directory.resolve("j");
    Path report = directory.resolve("r.html");
    TestTerminal terminal =
        new TestTerminal()
            .env("VOLCENGINE_ACCESS_KEY", KEY_ID)
            .env("VOLCENGINE_SECRET_KEY", "secret")
            .env("VOLCENGINE_REGION", "cn-beijing");
    try {
      terminal.run(
          "stop",
          "--endpoint=http://127.0.0.1:" + server.getAddress().getPort(),
          "--no-protect-tag",
          "--wait-timeout=1s",
          "--output=jsonl",
          "--journal=" + journal,
          "--report=" + report,
          "i-1");
    } finally {
      server.stop(0);
    }
    String out = String.join("\n", terminal.outLines());
    assertThat(out).contains("UNCONFIRMED").doesNotContain(KEY_ID).hasSizeLessThan(1_500);
    assertThat(Files.readString(journal)).doesNotContain(KEY_ID, "\u009b");
    assertThat(Files.readString(report)).doesNotContain(KEY_ID);
  }
}
