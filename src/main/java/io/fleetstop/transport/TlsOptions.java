package io.fleetstop.transport;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The certificates that {@link NettyTransport} trusts on secure connections, and the client
 * certificate that it presents.
 *
 * <p>The server's certificate and its host name are always verified, unless {@link
 * Builder#insecureTrustAnyCertificate()} is set. Protocols older than TLS 1.2 are never offered.
 * Immutable; change a copy with {@link #mutate()}. Files and key stores are read once, when they
 * are passed to the builder.
 */
public final class TlsOptions {

  /** A version of TLS. */
  public enum Version {
    /** TLS 1.2, of 2008. */
    TLS_1_2("TLSv1.2"),
    /** TLS 1.3, of 2018. */
    TLS_1_3("TLSv1.3");

    private final String protocol;

    Version(String protocol) {
      this.protocol = protocol;
    }

    /** Returns the JDK's name of the version. */
    public String protocol() {
      return protocol;
    }
  }

  private final @Nullable TrustManagerFactory trust;
  private final @Nullable KeyManagerFactory clientKey;
  private final boolean trustsAnyCertificate;
  private final Version minVersion;

  private TlsOptions(Builder builder) {
    this.trust = builder.trust;
    this.clientKey = builder.clientKey;
    this.trustsAnyCertificate = builder.trustsAnyCertificate;
    this.minVersion = builder.minVersion;
  }

  /** Returns the default options. */
  public static TlsOptions defaults() {
    return builder().build();
  }

  /** Returns a builder with the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with these options. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.trust = trust;
    copy.clientKey = clientKey;
    copy.trustsAnyCertificate = trustsAnyCertificate;
    copy.minVersion = minVersion;
    return copy;
  }

  /**
   * Returns the trust managers for server certificates, or {@code null} for the default of the JDK.
   */
  public @Nullable TrustManagerFactory trust() {
    return trust;
  }

  /**
   * Returns the key for servers that request a client certificate, or {@code null} for none. A
   * proxy does not get the certificate.
   */
  public @Nullable KeyManagerFactory clientKey() {
    return clientKey;
  }

  /** Returns whether all verification is disabled. */
  public boolean isTrustingAnyCertificate() {
    return trustsAnyCertificate;
  }

  /** Returns the oldest version that is offered. */
  public Version minVersion() {
    return minVersion;
  }

  /** Shows the settings without any key or certificate. */
  @Override
  public String toString() {
    String trusts = trust == null ? "the JDK's certificates" : "the given certificates";
    return "TlsOptions[trusts "
        + (trustsAnyCertificate ? "ANY CERTIFICATE" : trusts)
        + (clientKey == null ? "" : ", with a client key")
        + ", at least "
        + minVersion.protocol()
        + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private @Nullable TrustManagerFactory trust;
    private @Nullable KeyManagerFactory clientKey;
    private boolean trustsAnyCertificate;
    private Version minVersion = Version.TLS_1_2;

    private Builder() {}

    /**
     * Trusts the JDK's certificates of public authorities. Default: these certificates.
     *
     * @see #trustOnly(Path)
     * @see #trustAlso(Path)
     */
    public Builder trustJdkCertificates() {
      trust = null;
      trustsAnyCertificate = false;
      return this;
    }

    /**
     * Trusts only the certificates in this store. Default: the certificates of the JDK.
     *
     * @throws IllegalArgumentException if the store has no certificate
     */
    public Builder trustOnly(KeyStore trustStore) {
      return trustOnly(Pem.trustManagers(trustStore));
    }

    /**
     * Trusts only the certificates in this PEM file. Default: the certificates of the JDK.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if the file is not PEM, or has no certificate
     * @see #trustAlso(Path)
     */
    public Builder trustOnly(Path certificatesPem) throws IOException {
      return trustOnly(Pem.certificates(certificatesPem));
    }

    /**
     * Trusts only these certificates: authorities, or the server's own. Default: the certificates
     * of the JDK.
     *
     * @throws IllegalArgumentException if the list is empty
     */
    public Builder trustOnly(List<X509Certificate> certificates) {
      return trustOnly(Pem.storeOf(certificates));
    }

    /**
     * Trusts the certificates in this PEM file in addition to those of the JDK, for networks whose
     * proxy issues certificates of its own. Default: only the certificates of the JDK.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if the file is not PEM, or has no certificate
     * @see #trustOnly(Path)
     */
    public Builder trustAlso(Path certificatesPem) throws IOException {
      List<X509Certificate> certificates = Pem.certificates(certificatesPem);
      if (certificates.isEmpty()) {
        throw new IllegalArgumentException(
            "certificates must be PEM, there is none in " + certificatesPem);
      }
      KeyStore store = Pem.storeOf(certificates);
      return trustOnly(Pem.trustManagers(Pem.withTrusted(store, trust)));
    }

    /**
     * Trusts what an initialised factory of the caller trusts. Default: the certificates of the
     * JDK.
     */
    public Builder trustOnly(TrustManagerFactory trust) {
      this.trust = Objects.requireNonNull(trust, "trust");
      trustsAnyCertificate = false;
      return this;
    }

    /**
     * Disables all verification, including that of the host name: anyone on the network can read
     * the signed requests and answer instead of the service. For local experiments only; {@link
     * NettyTransport#create(TransportOptions)} logs a warning. Default: certificates and host names
     * are verified.
     */
    public Builder insecureTrustAnyCertificate() {
      trust = null;
      trustsAnyCertificate = true;
      return this;
    }

    /**
     * Sets the key that is presented to a server that requests one. Default: none.
     *
     * @param keyStore contains the key with its certificates
     * @param password decrypts the key; used here and not kept
     * @throws IllegalArgumentException if the store has no key, or the password does not open it
     */
    public Builder clientKey(KeyStore keyStore, char[] password) {
      try {
        if (Collections.list(keyStore.aliases()).stream().noneMatch(a -> isKey(keyStore, a))) {
          throw new IllegalArgumentException("clientKey must hold a key, the store has none");
        }
        KeyManagerFactory factory =
            KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keyStore, password);
        clientKey = factory;
        return this;
      } catch (GeneralSecurityException e) {
        throw new IllegalArgumentException("clientKey must open with the given password", e);
      }
    }

    /**
     * Sets the key that is presented to a server that requests one. Default: none.
     *
     * @param certificatesPem the key's certificate, followed by those of its issuers
     * @param keyPem the key, as PKCS#8 without a password
     * @throws IOException if a file cannot be read
     */
    public Builder clientKey(Path certificatesPem, Path keyPem) throws IOException {
      return clientKey(certificatesPem, keyPem, new char[0]);
    }

    /**
     * Sets the key that is presented to a server that requests one. Default: none.
     *
     * @param certificatesPem the key's certificate, followed by those of its issuers
     * @param keyPem the key, as PKCS#8
     * @param password decrypts the key; used here and not kept
     * @throws IOException if a file cannot be read
     */
    public Builder clientKey(Path certificatesPem, Path keyPem, char[] password)
        throws IOException {
      PrivateKey key = Pem.privateKey(keyPem, password);
      return clientKey(Pem.storeOf(key, Pem.certificates(certificatesPem)), new char[0]);
    }

    /** Removes the key. Default: none. */
    public Builder clearClientKey() {
      clientKey = null;
      return this;
    }

    /** Sets the oldest version that is offered. Default: {@link Version#TLS_1_2}. */
    public Builder minVersion(Version minVersion) {
      this.minVersion = Objects.requireNonNull(minVersion, "minVersion");
      return this;
    }

    /** Returns the options. */
    public TlsOptions build() {
      return new TlsOptions(this);
    }

    private static boolean isKey(KeyStore keyStore, String alias) {
      try {
        return keyStore.isKeyEntry(alias);
      } catch (GeneralSecurityException e) {
        throw new IllegalArgumentException("clientKey must be a loaded key store", e);
      }
    }
  }
}
