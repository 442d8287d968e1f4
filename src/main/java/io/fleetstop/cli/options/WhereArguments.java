package io.fleetstop.cli.options;

import io.fleetstop.cli.options.Converters.Candidates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The target of a command: region, endpoint and profile. {@code null} means not given. */
public final class WhereArguments {

  /** The word for every region that the account can use. */
  public static final String ALL_REGIONS = "all";

  @Option(
      names = "--region",
      paramLabel = "R",
      completionCandidates = Candidates.Regions.class,
      description =
          "The region, for example cn-beijing. For stop and start, also several, repeated or with commas, "
              + "and all: those that the account can use. Default: VOLCENGINE_REGION, then that "
              + "of the profile whose credentials are used.")
  public List<String> regions = new ArrayList<>();

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
              + "Repeatable for stop and start. Default: the official chain, which starts with the "
              + "environment.")
  public List<String> profiles = new ArrayList<>();

  @Option(
      names = "--role-trn",
      paramLabel = "TRN",
      description =
          "Assume this role with the credentials, for example "
              + "trn:iam::2100000001:role/fleetstop. Repeatable for stop and start. Default: none.")
  public List<String> roleTrns = new ArrayList<>();

  /**
   * The file of {@code --targets}, which only stop and start have; {@code null} if it is not given.
   */
  public @Nullable Path targets;

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

  /** Returns a copy with one account and one region. {@code null} means not given. */
  public WhereArguments narrowed(
      @Nullable String region, @Nullable String profile, @Nullable String roleTrn) {
    WhereArguments one = new WhereArguments();
    one.regions = region == null ? List.of() : List.of(region);
    one.profiles = profile == null ? List.of() : List.of(profile);
    one.roleTrns = roleTrn == null ? List.of() : List.of(roleTrn);
    one.endpoint = endpoint;
    one.stsEndpoint = stsEndpoint;
    one.proxy = proxy;
    one.caFile = caFile;
    one.clientCertificate = clientCertificate;
    one.clientKey = clientKey;
    one.simulate = simulate;
    return one;
  }

  /** Returns the region, or {@code null} if none is given. */
  public @Nullable String region() {
    return regions.isEmpty() ? null : regions.get(0);
  }

  /** Returns the profile, or {@code null} if none is given. */
  public @Nullable String profile() {
    return profiles.isEmpty() ? null : profiles.get(0);
  }

  /** Returns the role, or {@code null} if none is given. */
  public @Nullable String roleTrn() {
    return roleTrns.isEmpty() ? null : roleTrns.get(0);
  }

  /** Returns the regions, of which one option may have several. */
  public List<String> regionNames() {
    return regions.stream()
        .flatMap(names -> Stream.of(names.split(",", -1)))
        .map(name -> name.equalsIgnoreCase(ALL_REGIONS) ? ALL_REGIONS : name)
        .distinct()
        .toList();
  }

  /** Whether more than one region or account is given. */
  public boolean isSeveral() {
    return regionNames().size() > 1
        || regionNames().contains(ALL_REGIONS)
        || profiles.size() > 1
        || roleTrns.size() > 1;
  }

  /** Rejects more than one region or account. */
  public void requireOne() {
    if (isSeveral()) {
      throw CommandFailure.usage(
          "this command takes one --region, --profile and --role-trn; only stop and start take several");
    }
  }

  /** Whether the service is an embedded simulator. */
  public boolean isSimulated() {
    return simulate != null;
  }

  /** Rejects contradictory options. */
  public void rejectConflicts() {
    RegionNames.require(regionNames());
    if (roleTrns.stream().anyMatch(trn -> trn.indexOf(',') >= 0)) {
      throw CommandFailure.usage(
          "--role-trn names one role; repeat the option for several, without commas");
    }
    CommandFailure.reject("--simulate", isSimulated(), "--endpoint", endpoint != null);
    CommandFailure.reject("--simulate", isSimulated(), "--profile", !profiles.isEmpty());
    CommandFailure.reject("--simulate", isSimulated(), "--role-trn", !roleTrns.isEmpty());
    CommandFailure.reject("--simulate", isSimulated(), "several regions", isSeveral());
    CommandFailure.reject("--simulate", isSimulated(), "--proxy", proxy != null);
    CommandFailure.reject("--simulate", isSimulated(), "--ca-file", caFile != null);
    CommandFailure.reject("--simulate", isSimulated(), "--client-cert", clientCertificate != null);
    CommandFailure.reject("--simulate", isSimulated(), "--sts-endpoint", stsEndpoint != null);
    if (clientKey != null && clientCertificate == null) {
      throw CommandFailure.usage(
          "--client-key needs --client-cert; add the certificate, or leave out the key");
    }
    if (profiles.stream().anyMatch(String::isBlank)) {
      throw CommandFailure.usage(
          "--profile must not be blank; name a profile, or leave out the option");
    }
  }
}
