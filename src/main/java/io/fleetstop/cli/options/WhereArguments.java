package io.fleetstop.cli.options;

import io.fleetstop.cli.options.Converters.Candidates;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The target of a command: region, endpoint and profile. {@code null} means not given. */
public final class WhereArguments {

  @Option(
      names = "--region",
      paramLabel = "R",
      completionCandidates = Candidates.Regions.class,
      description =
          "The region, for example cn-beijing. Default: VOLCENGINE_REGION, then that of the "
              + "profile whose credentials are used.")
  public @Nullable String region;

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description =
          "The URL of the service. Default: VOLCENGINE_ENDPOINT, then that of the profile, "
              + "then https://open.volcengineapi.com")
  public @Nullable String endpoint;

  @Option(
      names = "--sts-endpoint",
      paramLabel = "URL",
      description =
          "The URL of STS, which assumes roles and shows the identity. Default: "
              + "https://sts.volcengineapi.com, or --endpoint if it is on this machine.")
  public @Nullable String stsEndpoint;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "Use only the credentials of this profile of the official command line tool. "
              + "Default: the official chain, which starts with the environment.")
  public @Nullable String profile;

  @Option(
      names = "--proxy",
      paramLabel = "URL",
      description =
          "Connect through this proxy, [http|https|socks5]://[user:password@]host[:port], "
              + "except to the hosts in NO_PROXY. Default: HTTPS_PROXY or HTTP_PROXY, then "
              + "ALL_PROXY, then the proxy of the profile, then the proxy properties of the JVM.")
  public @Nullable String proxy;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description =
          "Trust the certificates in this PEM file in addition to the JDK's. Default: "
              + "SSL_CERT_FILE.")
  public @Nullable Path caFile;

  @Option(
      names = "--client-cert",
      paramLabel = "FILE",
      description =
          "Present the certificates in this PEM file to servers that request one. Default: none.")
  public @Nullable Path clientCertificate;

  @Option(
      names = "--client-key",
      paramLabel = "FILE",
      description =
          "The key of --client-cert, as PKCS#8 in a PEM file without a password. Default: the "
              + "file of --client-cert.")
  public @Nullable Path clientKey;

  @Option(
      names = "--simulate",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Start a simulator with N running instances in this process, and use it as the "
              + "service. All of them are selected unless ids or filters are given. Needs no "
              + "account, region or --yes. Default: off.")
  public @Nullable Integer simulate;

  public boolean isSimulated() {
    return simulate != null;
  }

  /** Rejects contradictory options. */
  public void rejectConflicts() {
    CommandFailure.reject("--simulate", isSimulated(), "--endpoint", endpoint != null);
    CommandFailure.reject("--simulate", isSimulated(), "--profile", profile != null);
    CommandFailure.reject("--simulate", isSimulated(), "--proxy", proxy != null);
    CommandFailure.reject("--simulate", isSimulated(), "--ca-file", caFile != null);
    CommandFailure.reject("--simulate", isSimulated(), "--client-cert", clientCertificate != null);
    CommandFailure.reject("--simulate", isSimulated(), "--sts-endpoint", stsEndpoint != null);
    if (clientKey != null && clientCertificate == null) {
      throw CommandFailure.usage(
          "--client-key needs --client-cert; add the certificate, or leave out the key");
    }
    if (profile != null && profile.isBlank()) {
      throw CommandFailure.usage(
          "--profile must not be blank; name a profile, or leave out the option");
    }
  }
}
