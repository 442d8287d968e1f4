package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.transport.ProxyOptions;
import io.fleetstop.transport.SmallFile;
import io.fleetstop.transport.TlsOptions;
import io.fleetstop.transport.TransportOptions;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The proxy and the trusted certificates of a command: from its options, else the environment. */
final class ProxyAndTrustSettings {

  private static final String CERTIFICATES = "SSL_CERT_FILE";

  private ProxyAndTrustSettings() {}

  /**
   * Returns the options of the transport.
   *
   * @throws CommandFailure if an option or a variable cannot be used
   */
  static TransportOptions transport(
      WhereArguments options, UnaryOperator<@Nullable String> variables) {
    try {
      TransportOptions.Builder builder = TransportOptions.builder();
      if (options.proxy == null) {
        builder.proxyFromEnvironment(variables, System::getProperty);
      } else {
        builder.proxy(ProxyOptions.parse(options.proxy), variables);
      }
      return builder.tls(trust(options.caFile, variables.apply(CERTIFICATES))).build();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration(e.getMessage());
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
