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
 * Whom {@link NettyTransport} trusts on secure connections, and as whom it presents itself.
 *
 * <p>The server's certificate and the host name in it are always verified, unless {@link
 * Builder#insecureTrustAnyCertificate()} says otherwise. Protocols older than TLS 1.2 are never
 * offered. Immutable; change a copy with {@link #mutate()}. Files and key stores are read once,
 * when they are handed over.
 */
public final class TlsOptions {

  /** A version of the protocol. */
  public enum Version {
    /** TLS 1.2, of 2008. */
    TLS_1_2("TLSv1.2"),
    /** TLS 1.3, of 2018. */
    TLS_1_3("TLSv1.3");

    private final String protocol;

    Version(String protocol) {
      this.protocol = protocol;
    }

    /** The JDK's name of the version. */
    public String protocol() {
      return protocol;
    }
  }

  private final @Nullable TrustManagerFactory trust;
  private final @Nullable KeyManagerFactory clientKey;
  private final boolean isTrustingAnyCertificate;
  private final Version minVersion;

  private TlsOptions(Builder builder) {
    this.trust = builder.trust;
    this.clientKey = builder.clientKey;
    this.isTrustingAnyCertificate = builder.isTrustingAnyCertificate;
    this.minVersion = builder.minVersion;
  }

  /** Every option at its default. */
  public static TlsOptions defaults() {
    return builder().build();
  }

  /** Starts with every option at its default. */
  public static Builder builder() {
    return new Builder();
  }

  /** A copy to change. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.trust = trust;
    copy.clientKey = clientKey;
    copy.isTrustingAnyCertificate = isTrustingAnyCertificate;
    copy.minVersion = minVersion;
    return copy;
  }

  /** What decides whether a server's certificate is trusted, or {@code null} for the JDK's own. */
  public @Nullable TrustManagerFactory trust() {
    return trust;
  }

  /** The key that is shown to a server that asks for one, or {@code null} for none. */
  public @Nullable KeyManagerFactory clientKey() {
    return clientKey;
  }

  /** Whether nothing is verified at all. */
  public boolean isTrustingAnyCertificate() {
    return isTrustingAnyCertificate;
  }

  /** The oldest version that is offered. */
  public Version minVersion() {
    return minVersion;
  }

  /** What is set, without any key or certificate. */
  @Override
  public String toString() {
    String trusts = trust == null ? "the JDK's certificates" : "the given certificates";
    return "TlsOptions[trusts "
        + (isTrustingAnyCertificate ? "ANY CERTIFICATE" : trusts)
        + (clientKey == null ? "" : ", with a client key")
        + ", at least "
        + minVersion.protocol()
        + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private @Nullable TrustManagerFactory trust;
    private @Nullable KeyManagerFactory clientKey;
    private boolean isTrustingAnyCertificate;
    private Version minVersion = Version.TLS_1_2;

    private Builder() {}

    /** Trusts the JDK's certificates of public authorities. The default. */
    public Builder trustJdkCertificates() {
      trust = null;
      isTrustingAnyCertificate = false;
      return this;
    }

    /** Trusts the certificates in this store and no others. It must hold one at least. */
    public Builder trustOnly(KeyStore trustStore) {
      return trustOnly(Pem.trustOf(trustStore));
    }

    /**
     * Trusts the certificates in this PEM file and no others.
     *
     * @throws IOException if the file cannot be read
     */
    public Builder trustOnly(Path certificatesPem) throws IOException {
      return trustOnly(Pem.certificates(certificatesPem));
    }

    /** Trusts these certificates and no others: authorities, or the server's own. */
    public Builder trustOnly(List<X509Certificate> certificates) {
      return trustOnly(Pem.storeOf(certificates));
    }

    /** Leaves the decision to an initialised factory of the caller's. */
    public Builder trustOnly(TrustManagerFactory trust) {
      this.trust = Objects.requireNonNull(trust, "trust");
      isTrustingAnyCertificate = false;
      return this;
    }

    /**
     * Switches every verification off, that of the host name included: anyone on the way can read
     * the signed requests and answer in the service's place. For experiments on one's own machine;
     * {@link NettyTransport#create(TransportOptions)} logs a warning. Never the default.
     */
    public Builder insecureTrustAnyCertificate() {
      trust = null;
      isTrustingAnyCertificate = true;
      return this;
    }

    /**
     * Presents the key of this store to a server that asks for one. Default none.
     *
     * @param keyStore holds the key with its certificates
     * @param password opens the key; used here and not kept
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
     * Presents this key to a server that asks for one. Default none.
     *
     * @param certificatesPem the key's certificate, followed by those of its issuers
     * @param keyPem the key, as PKCS#8 without a password
     * @throws IOException if a file cannot be read
     */
    public Builder clientKey(Path certificatesPem, Path keyPem) throws IOException {
      return clientKey(certificatesPem, keyPem, new char[0]);
    }

    /**
     * Presents this key to a server that asks for one. Default none.
     *
     * @param certificatesPem the key's certificate, followed by those of its issuers
     * @param keyPem the key, as PKCS#8
     * @param password opens the key; used here and not kept
     * @throws IOException if a file cannot be read
     */
    public Builder clientKey(Path certificatesPem, Path keyPem, char[] password)
        throws IOException {
      PrivateKey key = Pem.privateKey(keyPem, password);
      return clientKey(Pem.storeOf(key, Pem.certificates(certificatesPem)), new char[0]);
    }

    /** Presents no key. The default. */
    public Builder noClientKey() {
      clientKey = null;
      return this;
    }

    /** The oldest version that is offered. Default {@link Version#TLS_1_2}. */
    public Builder minVersion(Version minVersion) {
      this.minVersion = Objects.requireNonNull(minVersion, "minVersion");
      return this;
    }

    /** The options. */
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
