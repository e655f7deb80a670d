"""Parties: companies and persons that order, carry, supply or fulfil."""
