package io.fleetstop.spring;

import io.fleetstop.transport.TlsOptions;
import java.security.KeyStore;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslStoreBundle;

/** Takes certificates and client key from a bundle below {@code spring.ssl.bundle}. */
final class BundledTls {

  private static final String GROUP = "fleetstop.transport.ssl";

  /** What a connection is made of: trusted certificates, or null, and own key, or null. */
  interface Certificates<T> {

    T use(@Nullable TrustManagerFactory trusted, @Nullable KeyManagerFactory own);
  }

  private BundledTls() {}

  /**
   * Returns the options of a bundle. A bundle without trust store leaves the JDK's certificates.
   *
   * @throws InvalidPropertyException if there is no such bundle, or it cannot be used
   */
  static TlsOptions options(String bundle, @Nullable SslBundles bundles) {
    return options(GROUP, bundle, bundles, BundledTls::options);
  }

  /**
   * Returns what {@code result} makes of the certificates of a bundle.
   *
   * @param group the prefix of the property that names the bundle
   * @throws InvalidPropertyException if there is no such bundle, or it cannot be used
   */
  static <T> T applied(
      String group, String bundle, @Nullable SslBundles bundles, Certificates<T> result) {
    return options(
        group,
        bundle,
        bundles,
        found ->
            result.use(
                found.getStores().getTrustStore() == null
                    ? null
                    : found.getManagers().getTrustManagerFactory(),
                found.getStores().getKeyStore() == null
                    ? null
                    : found.getManagers().getKeyManagerFactory()));
  }

  private static <T> T options(
      String group, String bundle, @Nullable SslBundles bundles, Function<SslBundle, T> result) {
    if (bundles == null) {
      throw invalid(
          group, bundle, "the application has no SslBundles: add Spring Boot's SSL support", null);
    }
    try {
      return result.apply(bundles.getBundle(bundle));
    } catch (NoSuchSslBundleException e) {
      throw invalid(group, bundle, "there are only " + bundles.getBundleNames(), e);
    } catch (IllegalStateException | IllegalArgumentException e) {
      throw invalid(group, bundle, "it cannot be used: " + e.getMessage(), e);
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
      String group, String bundle, String reason, @Nullable Throwable cause) {
    return new InvalidPropertyException(
        group,
        "bundle must name a bundle below spring.ssl.bundle, was \"" + bundle + "\"; " + reason,
        cause);
  }
}
