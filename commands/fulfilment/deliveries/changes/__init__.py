"""New shapes of what is planned, before it leaves. Every line's total stays (D2)."""
