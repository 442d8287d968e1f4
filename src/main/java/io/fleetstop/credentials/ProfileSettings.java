package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

/**
 * What a profile of the official tool contains beside credentials: defaults for a client, below its
 * options and environment variables. The addresses of the services that issue credentials are not
 * affected, and stay {@code https}.
 *
 * @param source the profile and its file
 * @param region the region, or {@code null}
 * @param endpoint the address of the service, or {@code null}
 * @param httpProxy the proxy for {@code http} addresses, or {@code null}
 * @param httpsProxy the proxy for {@code https} addresses, or {@code null}
 * @param disableSsl set if an endpoint without a scheme means {@code http}, or {@code null}
 */
public record ProfileSettings(
    String source,
    @Nullable Value region,
    @Nullable Value endpoint,
    @Nullable Value httpProxy,
    @Nullable Value httpsProxy,
    @Nullable Value disableSsl) {

  /**
   * A value of a profile.
   *
   * @param text the value, which may include the password of a proxy
   * @param origin the file and the line
   */
  public record Value(String text, String origin) {

    /** Shows the origin only. */
    @Override
    public String toString() {
      return origin;
    }
  }

  /**
   * Emits the settings of the profile that provides the credentials: that of the options, else the
   * one that the chain selects. Completes empty if variables provide the credentials, or if there
   * is no profile: a profile that is not used has no influence.
   *
   * <p><strong>Start:</strong> at subscription; the file is read on {@code
   * Schedulers.boundedElastic()}. <strong>Errors:</strong> those of the profile's credentials, if
   * file or profile cannot be used.
   */
  public static Mono<ProfileSettings> inUse(CredentialsOptions options) {
    Variables variables = options.variables()::apply;
    boolean other =
        options.profile() == null
            && (EnvironmentCredentials.isConfigured(variables)
                || OidcEnvironmentCredentials.isConfigured(variables));
    return other
        ? Mono.empty()
        : Mono.fromSupplier(
                () -> of(ConfigFile.read(variables, ConfigFile.home(variables), options.profile())))
            .subscribeOn(Schedulers.boundedElastic())
            .onErrorComplete(CredentialsErrors::isNotConfigured);
  }

  /**
   * Returns the names of all profiles of the file that the options locate; none if there is no file
   * or it cannot be used. The file is read on the calling thread.
   */
  public static List<String> names(CredentialsOptions options) {
    Variables variables = options.variables()::apply;
    return ConfigFile.profiles(variables, ConfigFile.home(variables));
  }

  static ProfileSettings of(ConfigFile config) {
    return new ProfileSettings(
        config.source(),
        value(config, "region"),
        value(config, "endpoint"),
        value(config, "http-proxy"),
        value(config, "https-proxy"),
        flag(config));
  }

  private static @Nullable Value value(ConfigFile config, String key) {
    String text = Json.text(config.entry(), key);
    return text.isEmpty() ? null : new Value(text, origin(config, key));
  }

  private static @Nullable Value flag(ConfigFile config) {
    String key = "disable-ssl";
    JsonNode node = config.entry().path(key);
    boolean set =
        node.isBoolean()
            ? node.booleanValue()
            : Json.text(config.entry(), key).toLowerCase(Locale.ROOT).equals("true");
    return set ? new Value("true", origin(config, key)) : null;
  }

  private static String origin(ConfigFile config, String key) {
    return key + " of " + config.source() + ", line " + config.lineOf(key);
  }
}
