package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.credentials.ProfileSettings;
import io.fleetstop.transport.ProxyOptions;
import io.fleetstop.transport.SmallFile;
import io.fleetstop.transport.TlsOptions;
import io.fleetstop.transport.TransportOptions;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The proxy and the trusted certificates of a command: from its options, else the environment. */
final class ProxyAndTrustSettings {

  private static final String CERTIFICATES = "SSL_CERT_FILE";
  private static final String HTTPS = "HTTPS_PROXY";
  private static final String HTTP = "HTTP_PROXY";

  private ProxyAndTrustSettings() {}

  /**
   * Returns the options of the transport.
   *
   * @throws CommandFailure if an option or a variable cannot be used
   */
  static TransportOptions transport(
      WhereArguments options,
      UnaryOperator<@Nullable String> variables,
      @Nullable ProfileSettings profile) {
    try {
      TransportOptions.Builder builder = TransportOptions.builder();
      if (options.proxy == null) {
        requireReadable(profile);
        builder.proxyFromEnvironment(
            name -> variable(name, variables, profile), System::getProperty);
      } else {
        builder.proxy(ProxyOptions.parse(options.proxy), variables);
      }
      TlsOptions trust = trust(options.caFile, variables.apply(CERTIFICATES));
      return builder.tls(withClientKey(trust, options)).build();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration(e.getMessage());
    }
  }

  /** Returns a variable; where no variable sets a proxy, that of the profile stands in. */
  private static @Nullable String variable(
      String name, UnaryOperator<@Nullable String> variables, @Nullable ProfileSettings profile) {
    ProfileSettings.Value standIn = profile == null ? null : ofProfile(name, profile);
    return standIn != null && proxyVariable(name.toUpperCase(Locale.ROOT), variables) == null
        ? standIn.text()
        : variables.apply(name);
  }

  private static ProfileSettings.@Nullable Value ofProfile(String name, ProfileSettings profile) {
    // Also the lower-case forms, which are read first: the upper-case one may be ignored.
    return switch (name.toUpperCase(Locale.ROOT)) {
      case HTTPS -> profile.httpsProxy();
      case HTTP -> profile.httpProxy();
      default -> null;
    };
  }

  /**
   * Returns the variable that sets the proxy, or {@code null}. A blank upper-case form is unset,
   * and so is one that is a header of a CGI request.
   */
  private static @Nullable String proxyVariable(
      String name, UnaryOperator<@Nullable String> variables) {
    for (String candidate : List.of(name, "ALL_PROXY")) {
      String lower = candidate.toLowerCase(Locale.ROOT);
      if (variables.apply(lower) != null) {
        return lower;
      }
      boolean header = candidate.equals(HTTP) && variables.apply("REQUEST_METHOD") != null;
      String upper = header ? null : variables.apply(candidate);
      if (upper != null && !upper.isBlank()) {
        return candidate;
      }
    }
    return null;
  }

  /**
   * Returns where the proxy for secure addresses comes from.
   *
   * @param used whether there is one
   */
  static String proxyOrigin(
      UnaryOperator<@Nullable String> variables, @Nullable ProfileSettings profile, boolean used) {
    String variable = proxyVariable(HTTPS, variables);
    if (variable != null) {
      return variable;
    }
    ProfileSettings.Value value = profile == null ? null : profile.httpsProxy();
    return value != null ? value.origin() : used ? "properties of the JVM" : TargetSettings.DEFAULT;
  }

  /** The error names the profile, not a variable that is not set. */
  private static void requireReadable(@Nullable ProfileSettings profile) {
    if (profile == null) {
      return;
    }
    for (ProfileSettings.Value value : Arrays.asList(profile.httpProxy(), profile.httpsProxy())) {
      if (value != null) {
        try {
          ProxyOptions.Builder unused = ProxyOptions.parse(value.text());
        } catch (IllegalArgumentException e) {
          throw CommandFailure.configuration(value.origin() + ": " + e.getMessage());
        }
      }
    }
  }

  private static TlsOptions withClientKey(TlsOptions trust, WhereArguments options) {
    Path certificates = options.clientCertificate;
    if (certificates == null) {
      return trust;
    }
    Path key = options.clientKey == null ? certificates : options.clientKey;
    try {
      return trust.mutate().clientKey(certificates, key).build();
    } catch (IOException e) {
      throw CommandFailure.configuration(
          "--client-cert or --client-key cannot be read: "
              + certificates
              + ", "
              + key
              + ": "
              + SmallFile.reason(e));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration("--client-cert: " + e.getMessage());
    }
  }

  private static TlsOptions trust(@Nullable Path option, @Nullable String variable) {
    if (option != null) {
      return trust("--ca-file", option);
    }
    if (variable == null || variable.isBlank()) {
      return TlsOptions.defaults();
    }
    try {
      return trust(CERTIFICATES, Path.of(variable));
    } catch (InvalidPathException e) {
      throw CommandFailure.configuration(CERTIFICATES + " must be a file, was " + variable);
    }
  }

  private static TlsOptions trust(String source, Path file) {
    try {
      return TlsOptions.builder().trustAlso(file).build();
    } catch (IOException e) {
      throw CommandFailure.configuration(
          source + " cannot be read: " + file + ": " + SmallFile.reason(e));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration(source + ": " + e.getMessage());
    }
  }
}
