package io.fleetstop.spring;

import io.fleetstop.transport.TlsOptions;
import java.security.KeyStore;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslStoreBundle;

/** Takes certificates and client key from a bundle below {@code spring.ssl.bundle}. */
final class BundledTls {

  private static final String GROUP = "fleetstop.transport.ssl";

  private BundledTls() {}

  /**
   * Returns the options of a bundle. A bundle without trust store leaves the JDK's certificates.
   *
   * @throws InvalidPropertyException if there is no such bundle, or it cannot be used
   */
  static TlsOptions options(String bundle, @Nullable SslBundles bundles) {
    if (bundles == null) {
      throw invalid(
          bundle, "the application has no SslBundles: add Spring Boot's SSL support", null);
    }
    try {
      return options(bundles.getBundle(bundle));
    } catch (NoSuchSslBundleException e) {
      throw invalid(bundle, "there are only " + bundles.getBundleNames(), e);
    } catch (IllegalStateException | IllegalArgumentException e) {
      throw invalid(bundle, "it cannot be used: " + e.getMessage(), e);
    }
  }

  private static TlsOptions options(SslBundle bundle) {
    SslStoreBundle stores = bundle.getStores();
    TlsOptions.Builder tls = TlsOptions.builder();
    if (stores.getTrustStore() != null) {
      tls.trustOnly(bundle.getManagers().getTrustManagerFactory());
    }
    KeyStore keys = stores.getKeyStore();
    if (keys != null) {
      String password = bundle.getKey().getPassword();
      String storePassword = stores.getKeyStorePassword();
      String used = password != null ? password : storePassword != null ? storePassword : "";
      tls.clientKey(keys, used.toCharArray());
    }
    return tls.build();
  }

  private static InvalidPropertyException invalid(
      String bundle, String reason, @Nullable Throwable cause) {
    return new InvalidPropertyException(
        GROUP,
        "bundle must name a bundle below spring.ssl.bundle, was \"" + bundle + "\"; " + reason,
        cause);
  }
}
