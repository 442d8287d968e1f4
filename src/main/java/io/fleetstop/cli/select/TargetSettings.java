package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.credentials.CredentialsOptions;
import io.fleetstop.credentials.ProfileSettings;
import io.fleetstop.error.EcsException;
import io.fleetstop.transport.Authority;
import io.fleetstop.transport.ProxyOptions;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a command's target, each from the first of: option, environment variable,
 * profile, default.
 *
 * @param region the region, or {@code null} if there is none
 * @param profileRegion the region of the profile, or {@code null} if it has none
 * @param endpoint the address of the service
 * @param givenEndpoint the address, or {@code null} for the default
 * @param proxy the proxy, without its password
 * @param transport the options of all connections
 * @param credentials the options of the sources of credentials
 */
public record TargetSettings(
    @Nullable Setting region,
    @Nullable Setting profileRegion,
    Setting endpoint,
    @Nullable URI givenEndpoint,
    Setting proxy,
    TransportOptions transport,
    CredentialsOptions credentials) {

  /** What every setting without any other origin comes from. */
  static final String DEFAULT = "default";

  private static final String HOST = "open.volcengineapi.com";

  /**
   * A value and where it comes from.
   *
   * @param value the value
   * @param origin an option, a variable, a file with its line, or the default
   */
  public record Setting(String value, String origin) {}

  /**
   * Reads all settings.
   *
   * @throws CommandFailure if one of them cannot be used
   */
  public static TargetSettings of(WhereArguments options, Terminal terminal) {
    try {
      CredentialsOptions.Builder credentials =
          CredentialsOptions.builder().profile(options.profile()).variables(terminal::env);
      if (options.stsEndpoint != null) {
        credentials.stsEndpoint(address("--sts-endpoint", options.stsEndpoint, "https"));
      }
      ProfileSettings profile = ProfileSettings.inUse(credentials.build()).block();
      TransportOptions transport = ProxyAndTrustSettings.transport(options, terminal::env, profile);
      Setting named = endpoint(options, terminal, profile);
      boolean plain = profile != null && profile.disableSsl() != null;
      Setting endpoint = named == null ? defaultEndpoint(profile) : named;
      URI address =
          named == null && !plain
              ? null
              : address(
                  named == null ? DEFAULT : named.origin(),
                  endpoint.value(),
                  plain && isOfProfile(endpoint, profile) ? "http" : "https");
      return new TargetSettings(
          region(options, terminal, profile),
          profile == null ? null : of(profile.region()),
          address == null ? endpoint : new Setting(address.toString(), endpoint.origin()),
          address,
          proxy(options, terminal, profile, transport),
          transport,
          credentials.transport(transport).build());
    } catch (EcsException e) {
      throw CommandFailure.configuration("there are no credentials: " + e.reason());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration(e.getMessage());
    }
  }

  /** Returns the region of a profile, or else that of the environment. */
  static @Nullable Setting regionOfProfile(WhereArguments options, Terminal terminal) {
    TargetSettings settings = of(options, terminal);
    return settings.profileRegion != null ? settings.profileRegion : settings.region;
  }

  /** Returns the settings of an embedded simulator. */
  static TargetSettings ofSimulator(String region, URI endpoint) {
    return new TargetSettings(
        new Setting(region, "--simulate"),
        null,
        new Setting(endpoint.toString(), "--simulate"),
        endpoint,
        new Setting("none", "--simulate"),
        TransportOptions.defaults(),
        CredentialsOptions.builder().variables(name -> null).build());
  }

  /**
   * Returns how to ask STS for the identity. A service on this machine, such as the simulator,
   * answers for STS, too.
   */
  CredentialsOptions identityOptions() {
    URI given = givenEndpoint;
    return credentials.stsEndpoint() == null && given != null && Authority.isLoopback(given)
        ? credentials.mutate().stsEndpoint(given).build()
        : credentials;
  }

  private static @Nullable Setting region(
      WhereArguments options, Terminal terminal, @Nullable ProfileSettings profile) {
    Setting given = given("--region", options.region(), "VOLCENGINE_REGION", terminal);
    return given != null ? given : profile == null ? null : of(profile.region());
  }

  private static @Nullable Setting endpoint(
      WhereArguments options, Terminal terminal, @Nullable ProfileSettings profile) {
    Setting given = given("--endpoint", options.endpoint, "VOLCENGINE_ENDPOINT", terminal);
    return given != null ? given : profile == null ? null : of(profile.endpoint());
  }

  private static Setting defaultEndpoint(@Nullable ProfileSettings profile) {
    Setting plain = profile == null ? null : of(profile.disableSsl());
    return plain == null
        ? new Setting("https://" + HOST, DEFAULT)
        : new Setting("http://" + HOST, plain.origin());
  }

  private static boolean isOfProfile(Setting setting, @Nullable ProfileSettings profile) {
    return profile != null
        && profile.endpoint() != null
        && profile.endpoint().origin().equals(setting.origin());
  }

  private static @Nullable Setting given(
      String option, @Nullable String value, String variable, Terminal terminal) {
    if (value != null) {
      return new Setting(value, option);
    }
    String set = terminal.env(variable);
    return set == null || set.isBlank() ? null : new Setting(set, variable);
  }

  private static @Nullable Setting of(ProfileSettings.@Nullable Value value) {
    return value == null ? null : new Setting(value.text(), value.origin());
  }

  private static Setting proxy(
      WhereArguments options,
      Terminal terminal,
      @Nullable ProfileSettings profile,
      TransportOptions transport) {
    ProxyOptions used = transport.secureProxy();
    String origin =
        options.proxy != null
            ? "--proxy"
            : ProxyAndTrustSettings.proxyOrigin(terminal::env, profile, used != null);
    return new Setting(used == null ? "none" : used.host() + ":" + used.port(), origin);
  }

  /** Returns the address; as in other tools, a host alone means {@code https}. */
  private static URI address(String origin, String text, String defaultScheme) {
    try {
      URI address = new URI(text.contains("://") ? text : defaultScheme + "://" + text);
      if (isPlain(address)) {
        return address;
      }
      throw new URISyntaxException(text, "a part is missing, or one too many");
    } catch (URISyntaxException e) {
      throw CommandFailure.configuration(
          origin
              + " must be [http(s)://]host[:port][/path], was \""
              + TerminalText.withoutUserInfo(text)
              + "\"");
    }
  }

  private static boolean isPlain(URI address) {
    String authority = String.valueOf(address.getRawAuthority());
    // An authority that ends with a colon is a scheme or a host whose rest is missing.
    return ("http".equalsIgnoreCase(address.getScheme())
            || "https".equalsIgnoreCase(address.getScheme()))
        && !authority.endsWith(":")
        && authority.indexOf('@') < 0
        && address.getRawQuery() == null
        && address.getRawFragment() == null;
  }
}
